import { sql } from "kysely";
import { expect, type TestContext, test } from "vitest";
import type { Actor, StaffRole } from "../domain/actor.ts";
import type { DataCell } from "../domain/data-rows.ts";
import { EXPORTED_THINGS, type ExportedThing, exported } from "../domain/exported.ts";
import { newId } from "../domain/ids.ts";
import { eventStore } from "../stores/aurora/events.ts";
import { exportStore } from "../stores/aurora/export-rows.ts";
import { readOnlyStore } from "../stores/aurora/read-only.ts";
import { testDatabase } from "../testing/aurora.ts";
import { exportRows } from "./export-rows.ts";

const [seller, buyer, publication, purchase, paid, past, line, payment, question] = Array.from(
  { length: 9 },
  (_, index) => `00000000-0000-7000-8000-00000000000${index + 1}`,
);

/** One order of today, and one of an imported history whose source did not say when it was paid or shipped. */
const HISTORY = [
  sql`insert into "user" (id, email, email_folded, name, address, password_hash, created_at, external_id, source) values
    (${seller}, 'ana@x.y', 'ana@x.y', '=Ana', 'a street', '-', '2018-01-01', 's1', 'olist'),
    (${buyer}, 'bob@x.y', 'bob@x.y', 'Bob', 'b street', '-', '2018-02-01', null, null)`,
  sql`insert into category (id, name, name_folded, created_at) values
    (gen_random_uuid(), 'Lamps', 'lamps', now()), (gen_random_uuid(), 'Home', 'home', now())`,
  sql`insert into publication (id, seller_id, external_id, state, price_minor, currency, stock, availability, created_at)
    values (${publication}, ${seller}, 'p1', 'active', 2500, 'BRL', 1, 'in_stock', '2018-01-02')`,
  sql`insert into publication_category select ${publication}, id from category`,
  sql`insert into purchase (id, buyer_id, key, request_digest, ship_to, currency, created_at)
    values (${purchase}, ${buyer}, 'k', '', 'b street', 'BRL', '2018-03-01')`,
  sql`insert into "order" (id, purchase_id, buyer_id, seller_id, state, lines_minor, shipping_minor, total_minor, currency,
      flags, reserved_until, created_at, changed_at, paid_at, shipped_at, delivered_at, external_id, source_status, inferred, region)
    values (${paid}, ${purchase}, ${buyer}, ${seller}, 'paid', 2500, 100, 2600, 'BRL', '{}', now(), '2018-03-01 10:00:00.5Z',
      now(), '2018-03-01 10:01Z', null, null, null, null, '{}', 'São Paulo'),
    (${past}, ${purchase}, ${buyer}, ${seller}, 'delivered', 2500, 100, 2600, 'BRL', '{imported,late}', now(), '2018-03-02',
      now(), '2018-03-03', '2018-03-04', '2018-03-05', 'o2', 'entregue', '{paid,shipped}', null)`,
  sql`insert into order_line (id, order_id, line_number, publication_id, publication_version, quantity, unit_price_minor,
      shipping_minor, external_id) values (${line}, ${past}, 1, ${publication}, 1, 1, 2500, 100, '1')`,
  sql`insert into payment (id, order_id, state, amount_minor, currency, card_token, deadline_at, created_at, changed_at, synthesised)
    values (${payment}, ${past}, 'partially_refunded', 2600, 'BRL', 'tok', now(), '2018-03-03', now(), true)`,
  sql`insert into refund (id, payment_id, state, amount_minor, reason, created_at, changed_at) values
    (gen_random_uuid(), ${payment}, 'succeeded', 300, '', now(), now()),
    (gen_random_uuid(), ${payment}, 'pending', 200, '', now(), now())`,
  sql`insert into shipment (id, order_id, state, tracking_code, created_at, changed_at)
    values (gen_random_uuid(), ${past}, 'delivered', 'T1', '2018-03-04', now())`,
  sql`insert into review (id, order_line_id, order_id, publication_id, author_id, conforms, rating, created_at)
    values (gen_random_uuid(), ${line}, ${past}, ${publication}, ${buyer}, true, 5, '2018-03-06')`,
  sql`insert into event (type, subject_kind, subject_id, revision, actor, occurred_at, data, personal) values
    ('publication.published', 'publication', ${publication}, 1, 'a', '2018-01-02', '{}', '{"title": "Lamp"}'),
    ('question.asked', 'question', ${question}, 1, 'b', '2018-02-01', '{"state": "unanswered"}', '{"text": "Is it new?"}'),
    ('question.answered', 'question', ${question}, 2, 'a', '2018-02-02', '{"state": "answered"}', '{"answer": "Yes"}')`,
];

async function setup(t: TestContext) {
  const { db, profile, ...database } = await testDatabase();
  t.onTestFinished(() => database[Symbol.asyncDispose]());
  for (const statement of HISTORY) await statement.execute(db);
  const notices: string[] = [];
  const notice = (text: string) => void notices.push(text);
  const deps = { exports: exportStore(profile), events: eventStore(db), notice };
  const { signal } = new AbortController();
  const rowsOf = (
    role: StaffRole,
    what: ExportedThing,
    wish: { columns?: string[]; since?: string; until?: string; signal?: AbortSignal } = {},
  ) =>
    exportRows(
      {
        actor: staff(role),
        what,
        columns: undefined,
        since: undefined,
        until: undefined,
        signal,
        ...wish,
      },
      async ({ columns, batches }) => {
        const rows: Record<string, DataCell>[] = [];
        for await (const batch of batches)
          for (const row of batch)
            rows.push(Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])));
        return rows;
      },
      deps,
    );
  return { db, notices, deps, rowsOf, statements: readOnlyStore(profile) };
}

const staff = (...roles: StaffRole[]): Actor => ({ userId: newId(), roles, operatorId: null });

test("orders say when what happened, but for what was inferred, in the order of their ids", async (t) => {
  const { rowsOf } = await setup(t);
  expect(await rowsOf("operator", "orders")).toMatchObject([
    {
      id: paid,
      state: "paid",
      placedAt: "2018-03-01T10:00:00.500Z",
      paidAt: "2018-03-01T10:01:00.000Z",
      flags: "",
      region: "São Paulo",
    },
    {
      id: past,
      externalId: "o2",
      sourceStatus: "entregue",
      totalMinor: "2600",
      placedAt: "2018-03-02T00:00:00.000Z",
      paidAt: null,
      shippedAt: null,
      deliveredAt: "2018-03-05T00:00:00.000Z",
      flags: "imported late",
      region: null,
    },
  ]);
});

test("everything is exported with what belongs to it", async (t) => {
  const { rowsOf } = await setup(t);
  const first = async (what: ExportedThing) => (await rowsOf("operator", what))[0];
  expect(await first("users")).toMatchObject({ email: "ana@x.y", name: "=Ana", source: "olist" });
  expect(await first("publications")).toMatchObject({
    title: "Lamp",
    categories: "Home|Lamps",
    stock: "1",
  });
  expect(await first("purchases")).toMatchObject({ id: purchase, buyerId: buyer });
  expect(await first("order_lines")).toMatchObject({
    publicationExternalId: "p1",
    sellerId: seller,
    externalId: "1",
  });
  expect(await first("payments")).toMatchObject({ refundedMinor: "300", synthesised: "true" });
  expect(await first("shipments")).toMatchObject({ orderId: past, trackingCode: "T1" });
  expect(await first("reviews")).toMatchObject({ rating: "5", conforms: "true" });
  expect(await rowsOf("operator", "questions")).toMatchObject([
    {
      id: question,
      state: "answered",
      text: "Is it new?",
      answer: "Yes",
      answeredAt: "2018-02-02T00:00:00.000Z",
    },
  ]);
  expect(await rowsOf("operator", "events")).toMatchObject([
    { position: "1", type: "publication.published", imported: "false", data: "{}" },
    { position: "2", actor: "b" },
    { position: "3", revision: "2" },
  ]);
});

test("each role reads what it may: the rest is empty, said, and refused by name", async (t) => {
  const { rowsOf, notices } = await setup(t);
  for (const role of ["support", "analyst"] as const) {
    for (const what of EXPORTED_THINGS) {
      const { columns, roles = [role] } = exported(what);
      if (!roles.includes(role)) {
        await expect(rowsOf(role, what)).rejects.toMatchObject({ code: "not_allowed" });
        continue;
      }
      const rows = await rowsOf(role, what);
      expect(Object.keys(rows[0] ?? {}), what).toEqual(columns.map(({ name }) => name));
      const closed = columns.filter((column) => !(column.roles ?? [role]).includes(role));
      for (const { name } of closed)
        expect(rows.map((row) => row[name])).toEqual(rows.map(() => null));
    }
  }
  expect(notices).toContain(
    "left empty, since analysts cannot read it: email, name, address, bannedAt",
  );
  await expect(rowsOf("analyst", "users", { columns: ["id", "email"] })).rejects.toMatchObject({
    code: "not_allowed",
  });
  expect(
    await rowsOf("support", "users", { columns: ["email"], until: "2018-01-15T00:00:00Z" }),
  ).toEqual([{ email: "ana@x.y" }]);
});

test("a time has its first moment in it and its last one not", async (t) => {
  const { rowsOf } = await setup(t);
  const ids = async (wish: { since?: string; until?: string }) =>
    (await rowsOf("analyst", "orders", wish)).map(({ id }) => id);
  expect(await ids({ since: "2018-03-02T00:00:00.000Z" })).toEqual([past]);
  expect(await ids({ until: "2018-03-02T00:00:00.000Z" })).toEqual([paid]);
  expect(await ids({ since: "2018-03-02T00:00:00.001Z" })).toEqual([]);
});

test("columns come in the order they are asked for, and one that is not there is named with those that are", async (t) => {
  const { rowsOf } = await setup(t);
  const [row] = await rowsOf("operator", "orders", { columns: ["state", " id"] });
  expect(Object.keys(row ?? {})).toEqual(["state", "id"]);
  await expect(rowsOf("operator", "orders", { columns: ["colour"] })).rejects.toMatchObject({
    code: "usage",
    hint: expect.stringMatching(/^columns: id, externalId, state/),
  });
});

test("only staff export", async (t) => {
  const { deps } = await setup(t);
  const wish = { what: "orders", columns: undefined, since: undefined, until: undefined } as const;
  const { signal } = new AbortController();
  const somebody = staff();
  await expect(
    exportRows({ ...wish, actor: somebody, signal }, async () => 1, deps),
  ).rejects.toMatchObject({ code: "not_allowed" });
});

test("rows are of one moment; Ctrl-C and a lost connection stop them", async (t) => {
  const { db, deps, statements } = await setup(t);
  await sql`insert into "user" (id, email, email_folded, name, address, password_hash, created_at)
    select gen_random_uuid(), n || '@x.y', n || '@x.y', 'n', 'a', '-', now() from generate_series(1, 5000) n`.execute(
    db,
  );
  const wish = {
    actor: staff("operator"),
    what: "users",
    columns: ["id"],
    since: undefined,
    until: undefined,
  } as const;
  const stop = new AbortController();
  const seen = await exportRows(
    { ...wish, signal: stop.signal },
    async ({ batches }) => {
      let count = 0;
      for await (const batch of batches) {
        if (count === 0)
          await sql`insert into "user" (id, email, email_folded, name, address, password_hash, created_at)
            values ('ffffffff-ffff-7fff-bfff-ffffffffffff', 'z', 'z', 'n', 'a', '-', now())`.execute(
            db,
          );
        count += batch.length;
      }
      return count;
    },
    deps,
  );
  expect(seen).toBe(5_002);
  const stopped = exportRows(
    { ...wish, signal: stop.signal },
    async ({ batches }) => {
      for await (const _ of batches) stop.abort();
    },
    deps,
  );
  await expect(stopped).rejects.toMatchObject({ code: "interrupted" });

  const { signal } = new AbortController();
  const end = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'mkt read-only' and pid <> pg_backend_pid()`;
  const lost = exportRows(
    { ...wish, signal },
    async ({ batches }) => {
      for await (const _ of batches)
        await statements.read(
          { text: end, role: "operator", timeoutMs: 0, signal },
          async (rows) => {
            for await (const _ of rows.batches);
          },
        );
    },
    deps,
  );
  await expect(lost).rejects.toMatchObject({ code: "unavailable" });
});
