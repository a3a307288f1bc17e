import type { Words } from "./words.ts";

const list = (text: string) => text.split("|");

/** Kinds fit things of both genders. */
export const WORDS_ES: Words = {
  categories: [
    "Muebles:mesa|silla|escritorio|biblioteca|cama|sofá|ropero|banco|cómoda|repisa:plegable|de roble|de pino|extensible|infantil|de esquina|con cajones|minimalista|de metal|apilable",
    "Iluminación:lámpara|velador|plafón|aplique|reflector|farol|bombilla|tira led:regulable|de lectura|de bronce|de papel|exterior|solar|recargable|industrial|de luz cálida",
    "Cocina:sartén|olla|juego de cuchillos|pava|cafetera|licuadora|fuente|tabla de picar|tostadora|frasco:antiadherente|de hierro|de acero inoxidable|de cerámica|portátil|de bambú|de vidrio|profesional",
    "Jardín:manguera|maceta|sombrilla|hamaca|cortadora de césped|tijera de podar|regadera|invernadero|parrilla:plegable|extensible|de barro|inalámbrica|portátil|reforzada|de aluminio",
    "Herramientas:taladro|juego de destornilladores|sierra|martillo|lijadora|nivel|caja de herramientas|llave|tester:a batería|con imán|láser|ajustable|profesional|de bolsillo|con aislante",
    "Juguetes:bloques|rompecabezas|muñeca|juego de mesa|tren|oso de peluche|monopatín|barrilete|cocinita:de madera|didáctico|musical|con imán|cooperativo|a control remoto|para bebés",
    "Libros:novela|recetario|atlas|biografía|antología|manual|guía de viaje|historieta|diccionario:con ilustraciones|con notas|de bolsillo|de tapa dura|bilingüe|de colección|para niños",
    "Celulares:celular|funda|cargador|batería portátil|vidrio templado|auricular|soporte para auto|cable:libre|doble sim|inalámbrico|magnético|antigolpes|de carga rápida|ultrafino",
    "Computación:notebook|monitor|teclado|mouse|cámara web|base de conexión|disco sólido|router|impresora:inalámbrico|curvo|ultraliviano|silencioso|ergonómico|de oficina|gamer",
    "Audio:auriculares|parlante|barra de sonido|tocadiscos|micrófono|amplificador|radio:con cancelación de ruido|bluetooth|portátil|resistente al agua|vintage|de estudio|inalámbrico",
    "Cámaras:cámara|trípode|lente|bolso para cámara|tarjeta de memoria|flash|portarretrato|binoculares:instantánea|de viaje|resistente al agua|de fibra de carbono|digital|con estuche",
    "Videojuegos:consola|joystick|volante|auricular gamer|memoria|palanca arcade|juego:inalámbrico|edición limitada|retro|portátil|clásico|con garantía",
    "Deportes:juego de mancuernas|colchoneta de yoga|pelota|raqueta|antiparras|soga|guantes de boxeo|bicicleta fija:ajustable|antideslizante|oficial|para principiantes|profesional|plegable",
    "Ciclismo:bicicleta|casco|candado|alforja|inflador|asiento|luz de bicicleta|silla para niños:de montaña|plegable|de ciudad|impermeable|con gel|recargable|de aluminio",
    "Camping:carpa|bolsa de dormir|anafe|mochila|conservadora|linterna|silla de camping|filtro de agua:ultraliviana|para cuatro personas|de invierno|inflable|impermeable|plegable|familiar",
    "Ropa:campera|remera|jean|suéter|vestido|piloto|bufanda|pijama|medias:de lana|de algodón|con capucha|a rayas|de lino|acolchada|de talle grande",
    "Calzado:zapatillas|botas|sandalias|mocasines|pantuflas|zapatillas de correr|botas de montaña:de cuero|impermeables|de gamuza|veganas|livianas|de lona|con plantilla",
    "Relojes:reloj|pulsera|collar|aros|anillo|reloj inteligente|reloj de bolsillo:de plata|automático|con baño de oro|con malla de cuero|minimalista|sumergible|vintage",
    "Belleza:crema facial|champú|perfume|secador|set de uñas|recortadora de barba|protector solar|labial:hidratante|natural|sin perfume|de viaje|profesional|vegano|mate",
    "Mascotas:cama para perro|rascador|correa|pecera|bandeja sanitaria|jaula|abrigo para perro|comedero:lavable|extensible|automático|de acero|con reflejo|plegable|antideslizante",
  ],
  title: (thing, kind, brand, detail) => `${capital(thing)} ${kind} ${brand}, ${detail}`,
  phrase: (thing, kind) => `${thing} ${kind}`,
  unsold: list(
    "moto|piano|violín|cochecito|heladera|lavarropas|dron|telescopio|almohada|aire acondicionado|ukelele|cortina|yerbera|tractor|lancha",
  ),
  details: list(
    "color negro|color blanco|color gris|azul marino|verde|color natural|juego de dos|juego de cuatro|tamaño grande|tamaño chico|120 cm|80 cm|modelo nuevo|edición 2026",
  ),
  descriptions: list(
    "Para toda la vida: {} de líneas simples, buena terminación y limpieza fácil.|Se entrega en caja original, con instrucciones y repuestos: {}.|Lo más vendido de la casa: {}. Firme, práctico y agradable para todos los días.|Para casas chicas: {}. Ocupa poco lugar y no necesita armado.|Pensado con quienes lo usan a diario: {}. Pesa poco y se siente sólido.",
  ),
  assurances: list(
    "Doce meses de garantía.|Se despacha en el día.|Devolución gratis por treinta días.|Con factura.|Hecho con materiales certificados.",
  ),
  firstNames: list(
    "Ana|Bruno|Carla|Diego|Elena|Facundo|Gabriela|Hernán|Inés|Javier|Karina|Lucas|Marta|Nicolás|Olga|Pablo|Raquel|Sergio|Teresa|Ulises|Valeria|Walter|Ximena|Yolanda|Agustín|Belén|Cecilia|Damián|Emilia|Federico|Graciela|Hugo|Irene|Joaquín|Lorena|Matías|Natalia|Óscar|Patricia|Ramiro",
  ),
  surnames: list(
    "Acosta|Benítez|Castro|Domínguez|Escobar|Fernández|Gómez|Herrera|Ibarra|Juárez|Ledesma|Méndez|Núñez|Ortiz|Peralta|Quiroga|Ramírez|Sosa|Torres|Ulloa|Vega|Zárate|Aguirre|Blanco|Cabrera|Díaz|Figueroa|Giménez|Luna|Molina|Navarro|Ojeda|Pereyra|Rojas|Silva|Toledo|Vargas|Villalba|Medina|Ríos",
  ),
  streets: list(
    "Av. San Martín|Belgrano|Rivadavia|Mitre|Sarmiento|9 de Julio|Las Heras|Moreno|Av. Colón|Urquiza",
  ),
  cities: list(
    "Buenos Aires|Córdoba|Rosario|Mendoza|La Plata|Salta|Santa Fe|Neuquén|Tandil|Paraná|Posadas|Bariloche",
  ),
  regions: list(
    "Buenos Aires|Córdoba|Santa Fe|Mendoza|Buenos Aires|Salta|Santa Fe|Neuquén|Buenos Aires|Entre Ríos|Misiones|Río Negro",
  ),
  questions: list(
    "¿Lo tienen en otro color?|¿Cuánto tarda en llegar?|¿Tiene garantía?|¿Cuáles son las medidas exactas?|¿Se puede retirar?|¿Es nuevo y cerrado?|¿Hacen factura?|¿Cuánto pesa?",
  ),
  answers: list(
    "Hola, sí, tenemos stock.|Llega en tres a seis días.|Sí, doce meses de fábrica.|Las medidas están en la descripción.|Es nuevo, en su caja original.|Claro, con factura.|Por ahora solo en este color.",
  ),
  reviews: [
    ["Se rompió el primer día.", "Nada que ver con la foto.", "Muy decepcionante."],
    ["Llegó tarde y rayado.", "Más débil de lo que esperaba.", "No vale lo que cuesta."],
    ["Está bien, nada más.", "Bueno, pero tardó mucho en llegar.", "Cumple."],
    ["Buena calidad, como se describe.", "Funciona bien.", "Lindo, solo la caja venía golpeada."],
    [
      "¡Excelente, llegó rapidísimo!",
      "Mejor de lo que esperaba.",
      "Perfecto, lo compraría otra vez.",
    ],
  ],
  complaints: list(
    "Llegó roto.|Es otro modelo que el descripto.|Faltan piezas.|No enciende.|Está claramente usado.",
  ),
  notReceived: list(
    "Nunca llegó.|El correo dice entregado y nadie me dio nada.|Semanas de atraso y sin noticias.",
  ),
  dismissals: list("Las fotos muestran lo que se describió.|El correo tiene una firma."),
  refunds: list("El vendedor acepta el reclamo.|El paquete se perdió.|Acordado con ambos."),
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
