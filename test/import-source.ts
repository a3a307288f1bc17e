import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** A little marketplace as files of its own columns, and what is true of it. */
export interface ImportSource {
  directory: string;
  mapping: Record<string, unknown>;
}

/** What becomes of an odd order. */
export interface OddOrder {
  id: string;
  /** Of its orders, each in this state. */
  states: readonly string[];
  flags: readonly string[];
  /** As exports give them: null is not there, or was inferred. */
  times?: {
    placedAt?: string | null;
    paidAt?: string | null;
    shippedAt?: string | null;
    deliveredAt?: string | null;
  };
}

const ORDER = "pedido;cliente;estado;compra;pago;envio;entrega;prevista";
const DONE = ["02/06/2025 10:00", "03/06/2025 10:00", "05/06/2025 10:00", "20/06/2025"] as const;

/** One order a line, cells as in the header; times are Madrid's. */
const ODD_ORDERS = [
  `a1;c1;entregado;01/06/2025 09:00;${DONE.join(";")}`,
  `a2;c2;entregado;01/06/2025 09:00;${DONE.join(";")}`,
  "a3;c3;entregado;01/06/2025 09:00;04/06/2025 10:00;03/06/2025 10:00;05/06/2025 10:00;20/06/2025",
  "a4;c1;entregado;01/06/2025 09:00;02/06/2025 10:00;03/06/2025 10:00;;20/06/2025",
  "a5;c1;Entregado;01/06/2025 09:00;;03/06/2025 10:00;02/06/2025 10:00;20/06/2025",
  "a6;c1;pagado;01/06/2025 09:00;02/06/2025 10:00;;;20/06/2025",
  "a7;c1;creado;01/06/2025 09:00;;;;",
  "a8;c1;enviado;01/06/2025 09:00;02/06/2025 10:00;03/06/2025 10:00;;20/06/2025",
  "a9;c1;anulado;01/06/2025 09:00;02/06/2025 10:00;;;20/06/2025",
  "a10;c1;anulado;01/06/2025 09:00;02/06/2025 10:00;03/06/2025 10:00;;20/06/2025",
  `a11;c1;anulado;01/06/2025 09:00;${DONE.join(";")}`,
  "a12;c1;anulado;01/06/2025 09:00;02/06/2025 10:00;;;",
  `a13;c1;devuelto;01/06/2025 09:00;${DONE.join(";")}`,
  "a14;c1;;01/06/2025 09:00;;;;",
  "a15;c1;pagado;01/06/2025 09:00;pronto;;;31/02/2025",
  "a16;nadie;pagado;01/06/2025 09:00;02/06/2025 10:00;;;",
  "a17;;entregado;;02/06/2025 10:00;03/06/2025 10:00;04/06/2025 10:00;20/06/2025",
  "a18;c1;pagado;;;;;20/06/2025",
  "a19;c1;pagado;30/03/2025 02:30;26/10/2025 02:30;;;",
  `a20;c1;creado;01/06/2025 09:00;${DONE.join(";")}`,
  `a21;c1;entregado;01/06/2025 09:00;${DONE.join(";")}`,
  "a22;c1;creado;01/06/2025 09:00;;;;",
  // The same again, and the same with another status.
  "a22;c1;creado;01/06/2025 09:00;;;;",
  "a22;c1;pagado;01/06/2025 09:00;;;;",
  "a23;c1",
];

const LINE = "pedido;linea;articulo;tienda;precio;porte;unidades";
const ODD_LINES = [
  "a1;1;p1;t1;10,50;1,25;2",
  "a2;1;p1;t1;10;;1",
  "a2;2;p1;t1;10;;1",
  "a2;3;p2;t2;7,05;0,95;",
  ...["a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"].map((id) => `${id};1;p2;t2;5;1;1`),
  "a13;1;p2;t2;5;1;1",
  "a14;1;p2;t2;5;1;1",
  "a15;1;p2;t2;5;1;1",
  "a16;1;p99;t99;5;1;1",
  "a17;1;;;5;1;1",
  "a18;1;p1;t1;5;1;1",
  "a19;1;p1;t1;5;1;1",
  "a20;1;p1;t1;5;1;1",
  // Of two lines one has no price; of one the same stands twice, and with another price.
  "a21;1;p1;t1;5;1;1",
  "a21;2;p1;t1;gratis;1;1",
  "a21;3;p1;t1;0;1;1",
  "a22;1;p1;t1;3;1;1",
  "a22;1;p1;t1;3;1;1",
  "a22;1;p1;t1;4;1;1",
  "a23;1;p1;t1;5;1;1",
  "nirgends;1;p1;t1;5;1;1",
];

export const ODD: readonly OddOrder[] = [
  {
    id: "a1",
    states: ["completed"],
    flags: [],
    times: {
      placedAt: "2025-06-01T07:00:00.000Z",
      paidAt: "2025-06-02T08:00:00.000Z",
      shippedAt: "2025-06-03T08:00:00.000Z",
      deliveredAt: "2025-06-05T08:00:00.000Z",
    },
  },
  { id: "a2", states: ["completed", "completed"], flags: [] },
  { id: "a3", states: ["completed"], flags: ["shipped_before_paid"] },
  {
    id: "a4",
    states: ["completed"],
    flags: ["delivered_without_date"],
    times: { shippedAt: "2025-06-03T08:00:00.000Z", deliveredAt: null },
  },
  {
    id: "a5",
    states: ["completed"],
    flags: ["delivered_before_shipped", "no_paid_time"],
    times: { paidAt: null, deliveredAt: "2025-06-02T08:00:00.000Z" },
  },
  { id: "a6", states: ["cancelled"], flags: [] },
  { id: "a7", states: ["expired"], flags: [] },
  { id: "a8", states: ["not_delivered"], flags: [] },
  { id: "a9", states: ["cancelled"], flags: [] },
  { id: "a10", states: ["refunded"], flags: ["cancelled_after_shipping"] },
  {
    id: "a11",
    states: ["cancelled"],
    flags: ["cancelled_after_shipping", "no_lines"],
    times: { paidAt: "2025-06-02T08:00:00.000Z", deliveredAt: "2025-06-05T08:00:00.000Z" },
  },
  { id: "a12", states: ["cancelled"], flags: ["no_lines"] },
  { id: "a13", states: ["completed"], flags: ["unknown_status"] },
  { id: "a14", states: ["expired"], flags: ["unknown_status"] },
  { id: "a15", states: ["cancelled"], flags: ["no_paid_time", "unreadable_time"] },
  {
    id: "a16",
    states: ["cancelled"],
    flags: ["unknown_buyer", "unknown_product", "unknown_seller"],
  },
  {
    id: "a17",
    states: ["completed"],
    flags: ["no_placed_time", "unknown_buyer", "unknown_product", "unknown_seller"],
    times: { placedAt: null, paidAt: "2025-06-02T08:00:00.000Z" },
  },
  {
    id: "a19",
    states: ["cancelled"],
    flags: [],
    times: { placedAt: "2025-03-30T01:30:00.000Z", paidAt: "2025-10-26T00:30:00.000Z" },
  },
  { id: "a20", states: ["completed"], flags: ["later_than_status"] },
  { id: "a21", states: ["completed"], flags: ["line_rejected"] },
  { id: "a22", states: ["expired"], flags: ["line_rejected"] },
];

/** File, line and reason of every row of the odd ones that is rejected. */
export const ODD_REJECTS = [
  ["pedidos.csv", 19, "it has no time that can be read"],
  ["pedidos.csv", 25, "order a22 stands on line 23 already, with other values"],
  ["pedidos.csv", 26, "it has 2 cells, the header 8"],
  ["lineas.csv", 19, "its order a18 was rejected"],
  ["lineas.csv", 23, '"gratis" is not an amount of money'],
  ["lineas.csv", 24, "its price is zero"],
  ["lineas.csv", 27, "item 1 stands on line 25 already, with other values"],
  ["lineas.csv", 28, "its order a23 was rejected"],
  ["lineas.csv", 29, "its order nirgends is not among the orders"],
  ["articulos.csv", 4, "product p1 stands on line 2 already, with other values"],
] as const;

const MAPPING = {
  source: "tienda",
  file: { delimiter: ";", decimal: ",", timeZone: "Europe/Madrid", timeFormat: "dd/MM/yyyy HH:mm" },
  currency: "EUR",
  orders: {
    file: "pedidos.csv",
    externalId: "pedido",
    buyer: "cliente",
    status: "estado",
    placedAt: "compra",
    paidAt: "pago",
    shippedAt: "envio",
    deliveredAt: "entrega",
    estimatedDeliveryAt: { template: "{prevista} 00:00", missing: ["00:00"] },
  },
  lines: {
    file: "lineas.csv",
    order: "pedido",
    externalId: "linea",
    product: "articulo",
    seller: "tienda",
    price: "precio",
    shipping: { column: "porte", default: 0 },
    quantity: { column: "unidades", default: 1 },
  },
  buyers: {
    file: { name: "clientes.csv", encoding: "latin1" },
    key: "cliente",
    externalId: "persona",
    name: "nombre",
    email: "correo",
    address: "ciudad",
    region: "provincia",
  },
  sellers: { file: { name: "tiendas.ndjson" }, key: "id", name: "nombre" },
  products: { file: "articulos.csv", key: "articulo" },
  publication: { language: "es", title: "nombre", categories: ["familia"] },
  statuses: {
    creado: "placed",
    pagado: "paid",
    enviado: "shipped",
    entregado: "delivered",
    anulado: "cancelled",
  },
};

const SHOPS = 7;
const PRODUCTS = 40;

/**
 * The odd orders and so many plain ones, `n1` on: the n-th is of buyer n modulo 50, and has one line of
 * product n modulo 40 from shop n modulo 7, for n cents and 10 cents of shipping.
 */
export async function importSource(t: TestContext, plain: number, from = 1): Promise<ImportSource> {
  const directory = await mkdtemp(join(tmpdir(), "mkt-test-import-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  const numbers = Array.from({ length: plain }, (_, index) => from + index);
  const orders = numbers.map((n) => {
    const day = String(1 + (n % 28)).padStart(2, "0");
    return `n${n};b${n % 50};entregado;${day}/07/2025 12:00;${day}/07/2025 12:10;${day}/08/2025 12:00;${day}/09/2025 12:00;`;
  });
  const lines = numbers.map((n) => `n${n};1;q${n % PRODUCTS};s${n % SHOPS};${cents(n)};0,10;1`);
  const buyers = Array.from(
    { length: 50 },
    (_, n) => `b${n};persona${n};Compradora ${n};b${n}@example.com;;`,
  );
  const products = Array.from({ length: PRODUCTS }, (_, n) => `q${n};Cosa ${n};Familia ${n % 5}`);
  const shops = Array.from({ length: SHOPS }, (_, n) => ({ id: `s${n}`, nombre: `Tienda ${n}` }));
  const files: Record<string, string | Buffer> = {
    "pedidos.csv": text([ORDER, ...ODD_ORDERS, ...orders]),
    "lineas.csv": text([LINE, ...ODD_LINES, ...lines]),
    // c1 and c2 are one person, who moved; a postal code is no region; the e-mail of c3 is taken, and nobody bought as c4.
    "clientes.csv": Buffer.from(
      text([
        "cliente;persona;nombre;correo;ciudad;provincia",
        "c1;ana;Ana Núñez;ana@example.com;Málaga;Andalucía",
        "c2;ana;Ana Núñez;ana@example.com;Cádiz;Murcia",
        "c3;eva;Eva;ANA@example.com;;28013",
        "c4;oto;Oto;kein-at;Brünn; Mähren ",
        ...buyers,
      ]),
      "latin1",
    ),
    "tiendas.ndjson": text([
      ...[
        { id: "t1", nombre: "Una" },
        { id: "t2" },
        { id: "t3", nombre: "Sin ventas" },
        ...shops,
      ].map((shop) => JSON.stringify(shop)),
    ]),
    "articulos.csv": text([
      "articulo;nombre;familia",
      "p1;Lámpara;Luz",
      "p2;Silla;Hogar",
      "p1;Lámpara;Luces",
      "p3;Nadie la quiere;Hogar",
      ...products,
    ]),
  };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content);
  return { directory, mapping: MAPPING };
}

const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;
const cents = (n: number) => `${Math.floor(n / 100)},${String(n % 100).padStart(2, "0")}`;
