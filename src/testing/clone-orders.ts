import type pg from "pg";

// Many orders at once, by copying rows: each copy of a row has an id that follows from the row's and from the
// number of the copy, so that whatever refers to it refers to the copy.

/** An expression for the copy's id of what stands in a column. */
const copyOf = (column: string) => `md5(t.${column}::text || ':' || n)::uuid`;

/** Tables in the order in which they refer to each other: whose rows, and what is not copied as it is. */
const COPIES: readonly { table: string; of: string; changes: Readonly<Record<string, string>> }[] =
  [
    {
      table: "purchase",
      of: `id = (select purchase_id from "order" where id = $1)`,
      changes: { id: copyOf("id"), key: "t.key || n" },
    },
    {
      table: `"order"`,
      of: "id = $1",
      changes: { id: copyOf("id"), purchase_id: copyOf("purchase_id") },
    },
    {
      table: "order_line",
      of: "order_id = $1",
      changes: { id: copyOf("id"), order_id: copyOf("order_id") },
    },
    {
      table: "stock_movement",
      of: "order_line_id in (select id from order_line where order_id = $1)",
      changes: { id: copyOf("id"), order_line_id: copyOf("order_line_id") },
    },
    {
      table: "payment",
      of: "order_id = $1",
      changes: {
        id: copyOf("id"),
        order_id: copyOf("order_id"),
        provider_id: "t.provider_id || n",
      },
    },
    {
      table: "refund",
      of: "payment_id in (select id from payment where order_id = $1)",
      changes: {
        id: copyOf("id"),
        payment_id: copyOf("payment_id"),
        provider_id: "t.provider_id || n",
      },
    },
    {
      table: "shipment",
      of: "order_id = $1",
      changes: {
        id: copyOf("id"),
        order_id: copyOf("order_id"),
        provider_id: "t.provider_id || n",
      },
    },
    {
      table: "dispute",
      of: "order_id = $1",
      changes: { id: copyOf("id"), order_id: copyOf("order_id") },
    },
    {
      table: "ledger_entry",
      of: "order_id = $1",
      changes: {
        id: copyOf("id"),
        posting_id: copyOf("posting_id"),
        order_id: copyOf("order_id"),
        payment_id: copyOf("payment_id"),
        refund_id: copyOf("refund_id"),
      },
    },
  ];

const THINGS = `select id from "order" where id = $1
  union select id from payment where order_id = $1
  union select r.id from refund r join payment p on p.id = r.payment_id where p.order_id = $1
  union select id from shipment where order_id = $1
  union select id from dispute where order_id = $1`;

/** Copies an order with all that belongs to it but reviews, and makes its publications' counts right. */
export async function cloneOrder(admin: pg.Client, orderId: string, times: number): Promise<void> {
  const copies: typeof COPIES = [
    ...COPIES,
    {
      table: "transition",
      of: `subject_id in (${THINGS})`,
      changes: { id: copyOf("id"), subject_id: copyOf("subject_id") },
    },
    {
      table: "event",
      of: `subject_id in (${THINGS})`,
      changes: {
        id: "nextval('event_id_seq')",
        position: "null",
        source_key: "null",
        subject_id: copyOf("subject_id"),
      },
    },
  ];
  for (const { table, of, changes } of copies) {
    const { rows } = await admin.query(
      "select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum",
      [table],
    );
    const names = rows.map(({ name }) => String(name));
    const values = names.map((name) => changes[name] ?? `t."${name}"`);
    const sorted = table === "event" ? "order by n, t.id" : "";
    // The text of the statement holds names of this file and of the catalogue only.
    await admin.query(
      `insert into ${table} (${names.map((name) => `"${name}"`).join(", ")})
       ${table === "event" ? "overriding system value" : ""}
       select ${values.join(", ")} from ${table} t, generate_series(1, ${times}) n where t.${of} ${sorted}`,
      [orderId],
    );
  }
  await admin.query(
    `update publication p set
       stock = (select sum(delta) from stock_movement where publication_id = p.id),
       sold_units = (select sum(l.quantity) from order_line l join "order" o on o.id = l.order_id
         where l.publication_id = p.id and o.state not in ('reserved', 'expired', 'cancelled'))
     where id in (select publication_id from order_line where order_id = $1)`,
    [orderId],
  );
}
