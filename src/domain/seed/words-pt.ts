import type { Words } from "./words.ts";

const list = (text: string) => text.split("|");

/** Kinds fit things of both genders. */
export const WORDS_PT: Words = {
  categories: [
    "Móveis:mesa|cadeira|escrivaninha|estante|cama|sofá|guarda-roupa|banco|cômoda|prateleira:dobrável|de carvalho|de pinus|extensível|infantil|de canto|com gavetas|minimalista|de metal|empilhável",
    "Iluminação:luminária|abajur|plafon|arandela|refletor|lanterna|lâmpada|fita led:regulável|de leitura|de bronze|de papel|externa|solar|recarregável|industrial|de luz quente",
    "Cozinha:frigideira|panela|jogo de facas|chaleira|cafeteira|liquidificador|tigela|tábua de corte|torradeira|pote:antiaderente|de ferro|de aço inox|de cerâmica|portátil|de bambu|de vidro|profissional",
    "Jardim:mangueira|vaso|guarda-sol|rede|cortador de grama|tesoura de poda|regador|estufa|churrasqueira:dobrável|extensível|de barro|sem fio|portátil|de alumínio",
    "Ferramentas:furadeira|jogo de chaves|serra|martelo|lixadeira|nível|caixa de ferramentas|alicate|multímetro:a bateria|com ímã|laser|ajustável|profissional|de bolso|com isolante",
    "Brinquedos:blocos|quebra-cabeça|boneca|jogo de tabuleiro|trem|urso de pelúcia|patinete|pipa|cozinha infantil:de madeira|educativo|musical|com ímã|cooperativo|de controle remoto|para bebês",
    "Livros:romance|livro de receitas|atlas|biografia|antologia|manual|guia de viagem|gibi|dicionário:com ilustrações|com notas|de bolso|de capa dura|bilíngue|de coleção|para crianças",
    "Celulares:celular|capinha|carregador|bateria portátil|película|fone|suporte para carro|cabo:desbloqueado|dual chip|sem fio|magnético|antichoque|de carga rápida|ultrafino",
    "Informática:notebook|monitor|teclado|mouse|webcam|hub|ssd|roteador|impressora:sem fio|curvo|ultraleve|silencioso|ergonômico|de escritório|gamer",
    "Áudio:fones|caixa de som|soundbar|toca-discos|microfone|amplificador|rádio:com cancelamento de ruído|bluetooth|portátil|resistente à água|vintage|de estúdio|sem fio",
    "Câmeras:câmera|tripé|lente|bolsa para câmera|cartão de memória|flash|porta-retrato|binóculo:instantânea|de viagem|resistente à água|de fibra de carbono|digital|com estojo",
    "Games:console|controle|volante|headset gamer|memória|controle arcade|jogo:sem fio|edição limitada|retrô|portátil|clássico|com garantia",
    "Esportes:jogo de halteres|tapete de ioga|bola|raquete|óculos de natação|corda|luvas de boxe|bicicleta ergométrica:ajustável|antiderrapante|oficial|para iniciantes|profissional|dobrável",
    "Ciclismo:bicicleta|capacete|cadeado|alforje|bomba|selim|farol de bicicleta|cadeirinha:de montanha|dobrável|urbana|impermeável|com gel|recarregável|de alumínio",
    "Camping:barraca|saco de dormir|fogareiro|mochila|caixa térmica|lanterna de cabeça|cadeira de camping|filtro de água:ultraleve|para quatro pessoas|de inverno|inflável|impermeável|dobrável|familiar",
    "Roupas:jaqueta|camiseta|jeans|suéter|vestido|capa de chuva|cachecol|pijama|meias:de lã|de algodão|com capuz|com listras|de linho|acolchoada|de tamanho grande",
    "Calçados:tênis|botas|sandálias|mocassins|pantufas|tênis de corrida|botas de trilha:de couro|impermeáveis|de camurça|veganas|leves|de lona|com palmilha",
    "Relógios:relógio|pulseira|colar|brincos|anel|relógio inteligente|relógio de bolso:de prata|automático|com banho de ouro|com pulseira de couro|minimalista|à prova de água|vintage",
    "Beleza:creme facial|xampu|perfume|secador|kit de unhas|aparador de barba|protetor solar|batom:hidratante|natural|sem perfume|de viagem|profissional|vegano|fosco",
    "Pets:cama para cachorro|arranhador|guia|aquário|caixa de areia|gaiola|roupa para cachorro|comedouro:lavável|extensível|automático|de aço|com reflexo|dobrável|antiderrapante",
  ],
  title: (thing, kind, brand, detail) => `${capital(thing)} ${kind} ${brand}, ${detail}`,
  phrase: (thing, kind) => `${thing} ${kind}`,
  unsold: list(
    "moto|piano|violino|geladeira|lavadora|drone|telescópio|colchão|ventilador|ukulele|cortina|trator|lancha|berço|cuia",
  ),
  details: list(
    "cor preta|cor branca|cor cinza|azul marinho|verde|cor natural|jogo de dois|jogo de quatro|tamanho grande|tamanho pequeno|120 cm|80 cm|modelo novo|edição 2026",
  ),
  descriptions: list(
    "Para a vida toda: {} de linhas simples, bom acabamento e fácil de limpar.|Vem na caixa original, com instruções e peças de reposição: {}.|O mais vendido da casa: {}. Firme, prático e agradável todos os dias.|Para casas pequenas: {}. Ocupa pouco espaço e dispensa montagem.|Pensado com quem usa todo dia: {}. Pesa pouco e parece sólido.",
  ),
  assurances: list(
    "Doze meses de garantia.|Despachado no dia.|Devolução grátis por trinta dias.|Com nota fiscal.|Feito com materiais certificados.",
  ),
  firstNames: list(
    "Amanda|Bruno|Camila|Daniel|Eduarda|Fábio|Gabriela|Heitor|Isabela|João|Karina|Lucas|Mariana|Nelson|Olívia|Paulo|Raquel|Sérgio|Tatiana|Ubirajara|Vanessa|Wagner|Yara|Zélia|André|Beatriz|Caio|Débora|Elias|Fernanda|Gustavo|Helena|Ícaro|Juliana|Leandro|Marcos|Natália|Otávio|Priscila|Renato",
  ),
  surnames: list(
    "Almeida|Barbosa|Cardoso|Dias|Esteves|Ferreira|Gomes|Henriques|Leal|Lima|Machado|Nascimento|Oliveira|Pereira|Queiroz|Ribeiro|Santos|Teixeira|Uchoa|Vieira|Xavier|Araújo|Batista|Campos|Duarte|Freitas|Guimarães|Lopes|Martins|Neves|Pinto|Ramos|Silva|Tavares|Viana|Moura|Rocha|Souza|Borges|Moraes",
  ),
  streets: list(
    "Rua das Flores|Av. Brasil|Rua Sete de Setembro|Rua XV de Novembro|Av. Paulista|Rua do Comércio|Rua São José|Av. Getúlio Vargas|Rua da Paz|Rua Tiradentes",
  ),
  cities: list(
    "São Paulo|Rio de Janeiro|Belo Horizonte|Curitiba|Porto Alegre|Recife|Salvador|Fortaleza|Campinas|Goiânia|Manaus|Santos",
  ),
  regions: list("SP|RJ|MG|PR|RS|PE|BA|CE|SP|GO|AM|SP"),
  questions: list(
    "Tem em outra cor?|Quanto tempo demora a entrega?|Tem garantia?|Quais são as medidas exatas?|Posso retirar?|É novo e lacrado?|Tem nota fiscal?|Quanto pesa?",
  ),
  answers: list(
    "Olá, sim, temos em estoque.|Chega em três a seis dias.|Sim, doze meses de fábrica.|As medidas estão na descrição.|É novo, na caixa original.|Claro, com nota fiscal.|Por enquanto só nesta cor.",
  ),
  reviews: [
    ["Quebrou no primeiro dia.", "Nada a ver com a foto.", "Muito decepcionante."],
    ["Chegou tarde e riscado.", "Mais fraco do que eu esperava.", "Não vale o preço."],
    ["É bom, nada mais.", "Bom, mas demorou para chegar.", "Cumpre o que promete."],
    ["Boa qualidade, como descrito.", "Funciona bem.", "Bonito, só a caixa veio amassada."],
    [
      "Excelente, chegou rapidíssimo!",
      "Melhor do que eu esperava.",
      "Perfeito, compraria de novo.",
    ],
  ],
  complaints: list(
    "Chegou quebrado.|É outro modelo, não o descrito.|Faltam peças.|Não liga.|É claramente usado.",
  ),
  notReceived: list(
    "Nunca chegou.|O correio diz entregue e ninguém me deu nada.|Semanas de atraso e nenhuma notícia.",
  ),
  dismissals: list("As fotos mostram o que foi descrito.|O correio tem uma assinatura."),
  refunds: list("O vendedor aceita a reclamação.|O pacote se perdeu.|Combinado com ambos."),
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
