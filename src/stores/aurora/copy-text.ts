import type { PastRows } from "../../domain/past/rows.ts";

// Rows as PostgreSQL's COPY reads them: one a line, cells between tabs, \N for null, backslashes escaped
// (PostgreSQL's manual, COPY, text format).

export type CopyTable = keyof PastRows;

/** `plain` needs no escaping: ids, numbers, times, states. */
type Kind = "plain" | "text" | "list" | "json" | "boolean";

interface CopyColumn {
  name: string;
  key: string;
  kind: Kind;
}

const snake = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const columns = (kinds: Readonly<Record<string, Kind>>): CopyColumn[] =>
  Object.entries(kinds).map(([key, kind]) => ({ name: snake(key), key, kind }));
/** Columns of these keys, by kind. */
const all = (kind: Kind, ...keys: string[]) => Object.fromEntries(keys.map((key) => [key, kind]));

type KeysOf<T extends CopyTable> = PastRows[T][number];

/** Says at compile time that the columns are those of the row. */
const of =
  <T extends CopyTable>() =>
  (kinds: Record<keyof KeysOf<T>, Kind>): CopyColumn[] =>
    columns(kinds);

export const COPY_COLUMNS: Readonly<Record<CopyTable, readonly CopyColumn[]>> = {
  user: of<"user">()({
    id: "plain",
    email: "text",
    emailFolded: "text",
    name: "text",
    address: "text",
    region: "text",
    passwordHash: "text",
    bannedAt: "plain",
    createdAt: "plain",
    source: "text",
    externalId: "text",
  }),
  category: of<"category">()({
    id: "plain",
    name: "text",
    nameFolded: "text",
    feeBps: "plain",
    createdAt: "plain",
    source: "text",
  }),
  publication: of<"publication">()({
    id: "plain",
    sellerId: "plain",
    externalId: "text",
    state: "plain",
    priceMinor: "plain",
    currency: "plain",
    stock: "plain",
    version: "plain",
    revision: "plain",
    availability: "plain",
    soldUnits: "plain",
    ratingSum: "plain",
    ratingCount: "plain",
    createdAt: "plain",
    source: "text",
  }),
  publicationCategory: of<"publicationCategory">()({ publicationId: "plain", categoryId: "plain" }),
  purchase: of<"purchase">()({
    id: "plain",
    buyerId: "plain",
    key: "text",
    requestDigest: "plain",
    shipTo: "text",
    currency: "plain",
    createdAt: "plain",
    source: "text",
    externalId: "text",
  }),
  order: of<"order">()({
    id: "plain",
    purchaseId: "plain",
    buyerId: "plain",
    sellerId: "plain",
    state: "plain",
    linesMinor: "plain",
    shippingMinor: "plain",
    totalMinor: "plain",
    feeMinor: "plain",
    currency: "plain",
    flags: "list",
    revision: "plain",
    reservedUntil: "plain",
    estimatedDeliveryAt: "plain",
    paidAt: "plain",
    shippedAt: "plain",
    deliveredAt: "plain",
    externalId: "text",
    sourceStatus: "text",
    timeZone: "text",
    region: "text",
    inferred: "list",
    createdAt: "plain",
    changedAt: "plain",
  }),
  orderLine: of<"orderLine">()({
    id: "plain",
    orderId: "plain",
    lineNumber: "plain",
    publicationId: "plain",
    publicationVersion: "plain",
    quantity: "plain",
    unitPriceMinor: "plain",
    feeBps: "plain",
    externalId: "text",
    shippingMinor: "plain",
  }),
  stockMovement: of<"stockMovement">()({
    id: "plain",
    publicationId: "plain",
    delta: "plain",
    reason: "plain",
    orderLineId: "plain",
    at: "plain",
  }),
  payment: of<"payment">()({
    id: "plain",
    orderId: "plain",
    state: "plain",
    amountMinor: "plain",
    currency: "plain",
    cardToken: "text",
    providerId: "text",
    reason: "text",
    cardBrand: "text",
    cardLastFour: "text",
    instrument: "text",
    deadlineAt: "plain",
    revision: "plain",
    createdAt: "plain",
    changedAt: "plain",
    late: "boolean",
    synthesised: "boolean",
  }),
  refund: of<"refund">()({
    id: "plain",
    paymentId: "plain",
    state: "plain",
    amountMinor: "plain",
    reason: "text",
    providerId: "text",
    revision: "plain",
    createdAt: "plain",
    changedAt: "plain",
  }),
  shipment: of<"shipment">()({
    id: "plain",
    orderId: "plain",
    state: "plain",
    providerId: "text",
    carrier: "text",
    trackingCode: "text",
    labelUrl: "text",
    estimatedDeliveryAt: "plain",
    revision: "plain",
    createdAt: "plain",
    changedAt: "plain",
    restockedAt: "plain",
    synthesised: "boolean",
  }),
  dispute: of<"dispute">()({
    id: "plain",
    orderId: "plain",
    orderLineId: "plain",
    state: "plain",
    reason: "plain",
    openedBy: "text",
    resolvedBy: "text",
    refundedMinor: "plain",
    revision: "plain",
    createdAt: "plain",
    changedAt: "plain",
  }),
  review: of<"review">()({
    id: "plain",
    orderLineId: "plain",
    orderId: "plain",
    publicationId: "plain",
    authorId: "plain",
    conforms: "boolean",
    rating: "plain",
    createdAt: "plain",
  }),
  ledgerEntry: of<"ledgerEntry">()({
    id: "plain",
    postingId: "plain",
    kind: "plain",
    account: "plain",
    sellerId: "plain",
    orderId: "plain",
    paymentId: "plain",
    refundId: "plain",
    amountMinor: "plain",
    currency: "plain",
    at: "plain",
  }),
  transition: of<"transition">()({
    id: "plain",
    machine: "plain",
    subjectId: "plain",
    event: "plain",
    fromState: "plain",
    toState: "plain",
    actor: "text",
    at: "plain",
    inferred: "boolean",
  }),
  activity: of<"activity">()({
    id: "plain",
    kind: "plain",
    userId: "plain",
    publicationId: "plain",
    words: "text",
    resultCount: "plain",
    at: "plain",
    source: "text",
  }),
  event: columns({
    ...all("plain", "type", "subjectKind", "subjectId", "revision", "occurredAt", "position"),
    ...all("text", "actor", "sourceKey"),
    ...all("json", "data", "personal"),
    ...all("boolean", "imported"),
  }),
};

const CHUNK_CHARACTERS = 64 * 1024;

/** The lines of rows, some at a time. */
export function* copyText(table: CopyTable, rows: Iterable<object>): Generator<string, void> {
  const cells = COPY_COLUMNS[table];
  let text = "";
  for (const row of rows) {
    const record = row as Record<string, unknown>;
    let separator = "";
    for (const { key, kind } of cells) {
      const value = record[key];
      text += separator;
      text += kind === "plain" && typeof value === "string" ? value : cellText(kind, value);
      separator = "\t";
    }
    text += "\n";
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

const SPECIAL = /[\\\t\n\r\b\f\v]/;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
};

function cellText(kind: Kind, value: unknown): string {
  if (value === null || value === undefined) return "\\N";
  switch (kind) {
    case "plain":
      return String(value);
    case "boolean":
      return value === true ? "t" : "f";
    case "json":
      return escaped(JSON.stringify(value));
    case "list":
      return escaped(listText(value as readonly string[]));
    case "text":
      return escaped(String(value));
  }
}

function escaped(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replaceAll(/[\\\t\n\r\b\f\v]/g, (character) => ESCAPES[character] ?? character);
}

/** PostgreSQL's array literal. */
function listText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
