import type { Shop } from "./shop.ts";

/** Every table in which a thing with states, its stock, its money or its history stands. */
const TABLES = [
  "publication",
  "stock_movement",
  "purchase",
  "order",
  "order_line",
  "payment",
  "refund",
  "shipment",
  "dispute",
  "review",
  "ledger_entry",
  "audit",
  "transition",
  "event",
] as const;

/** What changes with every row that is added, written again, even as it was, or deleted. */
const WRITES = TABLES.map(
  (table) => `(select count(*) || ' ' || max(xmin::text::bigint) from "${table}") as "${table}"`,
);

/** How every table stands, and one question. */
export type Snapshot = Record<string, string | undefined>;

/** How everything stands; `question` is the id of one, if one may change. */
export async function snapshot({ admin, deps }: Shop, question?: string): Promise<Snapshot> {
  const { rows } = await admin.query<Snapshot>(`select ${WRITES.join(", ")}`);
  if (question === undefined) return { ...rows[0] };
  return { ...rows[0], question: JSON.stringify(await deps.questions.get(question)) };
}

/** The names of what is not as it was. */
export function changesOf(before: Snapshot, after: Snapshot): string[] {
  return Object.keys(after).filter((name) => before[name] !== after[name]);
}
