import { createHash } from "node:crypto";
import { type Field, fieldText, type Row } from "../../domain/mapping/field.ts";
import {
  type FileSettings,
  type HistoryMapping,
  type TableName,
  tableFile,
} from "../../domain/mapping/history.ts";
import { tidyText } from "../../domain/mapping/tidy-text.ts";
import { parseMoney } from "../../domain/money.ts";
import { QUANTITY_LIMIT } from "../../domain/order.ts";
import { timeReader } from "../../domain/zoned-time.ts";
import { MktError } from "../../errors.ts";
import type { StagedRows } from "../../stores/aurora/import-staging.ts";
import { CATEGORY_LIMIT, foldName } from "../manage-categories.ts";

/** Stands for a product or seller that a line does not name. */
const UNKNOWN = "unknown";
const KEY_LIMIT = 200;
const LONE_SURROGATE = /\p{Cs}/gu;

/** A row of a table as it is staged: which staged table, and the row without its line. */
type Staged = {
  [T in "order" | "line" | "person" | "product"]: {
    table: T;
    row: Omit<StagedRows[T], "line">;
  };
}["order" | "line" | "person" | "product"];

/** Makes of a table's row what is staged of it. Throws `invalid` with why the row is rejected. */
export type RowReader = (row: Row) => Staged;

export function rowReader(mapping: HistoryMapping, table: TableName): RowReader {
  const settings = tableFile(mapping, table);
  if (!settings) throw new RangeError(`the mapping has no ${table}`);
  switch (table) {
    case "orders":
      return orderReader(mapping, settings);
    case "lines":
      return lineReader(mapping, settings);
    case "products":
      return productReader(mapping);
    case "buyers":
    case "sellers":
      return personReader(mapping, table);
  }
}

/** The order that a row belongs to, as far as it says so. */
export function orderIdOf(mapping: HistoryMapping, table: TableName, row: Row): string | null {
  if (table === "orders") return textOf(mapping.orders.externalId, row) ?? null;
  return table === "lines" ? (textOf(mapping.lines.order, row) ?? null) : null;
}

function orderReader({ orders, missing }: HistoryMapping, settings: FileSettings): RowReader {
  const timeOf = timeReader(settings.timeZone, settings.timeFormat);
  return (row) => {
    const flags: string[] = [];
    const texts = [orders.placedAt, orders.paidAt, orders.shippedAt, orders.deliveredAt].map(
      (field) => textOf(field, row),
    );
    texts.push(textOf(orders.estimatedDeliveryAt, row));
    const times = texts.map((text) => {
      const time = text === undefined ? null : timeOf(text);
      if (time === undefined && !flags.includes("unreadable_time")) flags.push("unreadable_time");
      return time ?? null;
    });
    const [stated = null, paid = null, shipped = null, delivered = null, estimated = null] = times;
    const id = key("order", orders.externalId, row);
    const buyer = optionalKey("buyer", orders.buyer, row);
    const status = textOf(orders.status, row) ?? null;
    const placed = stated ?? earliest([paid, shipped, delivered]);
    if (stated === null) flags.push("no_placed_time");
    if (placed === null) throw new MktError("invalid", "it has no time that can be read");
    if (stated === null && missing.placedAt === "reject")
      throw new MktError("invalid", "it has no time of purchase that can be read");
    const digest = digestOf([id, buyer, status, ...texts]);
    const when = { placed, paid, shipped, delivered, estimated };
    return { table: "order", row: { id, buyer, status, ...when, flags, digest } };
  };
}

function earliest(times: readonly (number | null)[]): number | null {
  const given = times.filter((time) => time !== null);
  return given.length > 0 ? Math.min(...given) : null;
}

function lineReader({ lines, currency }: HistoryMapping, { decimal }: FileSettings): RowReader {
  return (row) => {
    const orderId = key("order", lines.order, row);
    const id = optionalKey("line", lines.externalId, row);
    const product = optionalKey("product", lines.product, row) ?? UNKNOWN;
    const seller = optionalKey("seller", lines.seller, row) ?? UNKNOWN;
    const quantity = quantityOf(textOf(lines.quantity, row) ?? "1");
    const price = parseMoney(need("price", lines.price, row), currency, decimal);
    if (price === 0) throw new MktError("invalid", "its price is zero");
    const shipping = parseMoney(textOf(lines.shipping, row) ?? "0", currency, decimal);
    const digest = digestOf([orderId, id, product, seller, quantity, price, shipping]);
    return {
      table: "line",
      row: { orderId, id, product, seller, quantity, price, shipping, digest },
    };
  };
}

function quantityOf(text: string): number {
  const quantity = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (quantity > 0 && quantity <= QUANTITY_LIMIT) return quantity;
  throw new MktError("invalid", `${JSON.stringify(text.slice(0, 60))} is not a quantity`);
}

function personReader(mapping: HistoryMapping, table: "buyers" | "sellers"): RowReader {
  const people = mapping[table];
  if (!people) throw new RangeError(`the mapping has no ${table}`);
  const kind = table === "buyers" ? "buyer" : "seller";
  return (row) => {
    const own = key(kind, people.key, row);
    const id = people.externalId ? optionalKey(kind, people.externalId, row) : own;
    const [name = null, email = null, address = null, region = null] = [
      people.name,
      people.email,
      people.address,
      people.region,
    ].map((field) => textOf(field, row) ?? null);
    const texts = { name, email, address, region };
    const digest = digestOf([own, id, ...Object.values(texts)]);
    return { table: "person", row: { kind, key: own, id, ...texts, digest } };
  };
}

function productReader({ products, publication }: HistoryMapping): RowReader {
  if (!products) throw new RangeError("the mapping has no products");
  return (row) => {
    const own = key("product", products.key, row);
    const [title = null, description = null, keywords = null] = [
      publication.title,
      publication.description,
      publication.keywords,
    ].map((field) => textOf(field, row) ?? null);
    const names = publication.categories
      .map((field) => tidyText(textOf(field, row), CATEGORY_LIMIT))
      .filter((name) => foldName(name) !== "");
    const categories = [...new Map(names.map((name) => [foldName(name), name])).values()];
    const folded = categories.map(foldName);
    const digest = digestOf([own, title, description, keywords, ...categories]);
    const text = { title, description, keywords };
    return { table: "product", row: { key: own, ...text, categories, folded, digest } };
  };
}

function textOf(field: Field | undefined, row: Row): string | undefined {
  return field && fieldText(field, row)?.replaceAll(LONE_SURROGATE, "\ufffd");
}

function need(name: string, field: Field, row: Row): string {
  const text = textOf(field, row);
  if (text === undefined) throw new MktError("invalid", `it has no ${name}`);
  return text;
}

function key(name: string, field: Field, row: Row): string {
  return checkKey(name, need(name, field, row));
}

function optionalKey(name: string, field: Field | undefined, row: Row): string | null {
  const text = textOf(field, row);
  return text === undefined ? null : checkKey(name, text);
}

/** Keys stand in indexes, which hold no long texts. */
function checkKey(name: string, text: string): string {
  if (text.length <= KEY_LIMIT) return text;
  throw new MktError(
    "invalid",
    `the id of its ${name} has ${text.length} characters, ${KEY_LIMIT} are allowed`,
  );
}

function digestOf(parts: readonly (string | number | null | undefined)[]): string {
  const text = JSON.stringify(parts.map((part) => part ?? null));
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
