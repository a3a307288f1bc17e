import { sql } from "kysely";
import pg from "pg";
import { describe, type TestContext, test } from "vitest";
import { newId } from "../../src/domain/ids.ts";
import { type Aurora, connection, query, transact } from "../../src/stores/aurora/client.ts";
import { eventStore } from "../../src/stores/aurora/events.ts";
import { record } from "../../src/stores/aurora/log.ts";
import { lookupStore } from "../../src/stores/aurora/lookup.ts";
import { migrateUp, migrationStatus } from "../../src/stores/aurora/migrate.ts";
import { paymentStore } from "../../src/stores/aurora/payments.ts";
import { publicationStore } from "../../src/stores/aurora/publications.ts";
import { purchaseStore } from "../../src/stores/aurora/purchases.ts";
import { userStore } from "../../src/stores/aurora/users.ts";
import { type TestDatabase, testDatabase } from "../../src/testing/aurora.ts";

type Finishing = Pick<TestContext, "onTestFinished">;

const AT = "2026-01-01T12:00:00.000Z";
const DENIED = "42501";

async function setup({ onTestFinished }: Finishing): Promise<TestDatabase> {
  const database = await testDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  return database;
}

/** A connection of one database role, by which people and programs reach the tables. */
async function connect(t: Finishing, { profile }: TestDatabase, role: string, database?: string) {
  const client = new pg.Client(connection(profile.aurora, role, database));
  await client.connect();
  t.onTestFinished(() => client.end());
  return client;
}

/** A transaction that the test ends; if it fails before, the transaction is undone. */
async function begin({ onTestFinished }: Finishing, db: Aurora) {
  const tx = await db.startTransaction().execute();
  onTestFinished(async () => {
    if (!tx.isCommitted) await tx.rollback().execute();
  });
  return tx;
}

async function newUser(db: Aurora, name: string): Promise<string> {
  const id = newId();
  const email = `${name}@example.com`;
  const address = `${name}'s street 1`;
  const user = { id, email, emailFolded: email, name, address, passwordHash: "-", createdAt: AT };
  await userStore(db).register(user, `user:${id}`);
  return id;
}

async function newPublication(db: Aurora, sellerId: string, stock: number): Promise<string> {
  const document = { title: "Lamp", description: "", language: "en", keywords: "", images: [] };
  const terms = { priceMinor: 2_500, currency: "ARS", stock, categoryIds: [], createdAt: AT };
  const { id } = await publicationStore(db).create(
    {
      id: newId(),
      sellerId,
      externalId: null,
      ...terms,
      document: { ...document, language: "en" },
    },
    `user:${sellerId}`,
  );
  return id;
}

/** Buys units of publications under a key of its own. */
function place(db: Aurora, buyerId: string, ...units: [publicationId: string, quantity: number][]) {
  const wanted = units.map(([publicationId, quantity]) => ({ publicationId, quantity }));
  const request = {
    key: newId(),
    requestDigest: "-",
    shipTo: "Street 1",
    shippingMinor: new Map(),
  };
  return purchaseStore(db).place({ id: newId(), buyerId, wanted, at: AT, ...request });
}

const happened = (type: string, subjectId = newId(), revision = 1) => ({
  type,
  subjectKind: "test",
  subjectId,
  revision,
  actor: "test",
  at: AT,
  data: {},
});

describe("migrations", () => {
  test("change nothing when they are repeated", async (t) => {
    const { profile } = await setup(t);
    const before = await migrationStatus(profile);
    t.expect(before.length).toBeGreaterThan(0);
    t.expect(before.filter(({ appliedAt }) => appliedAt === null)).toEqual([]);
    t.expect(await migrateUp(profile)).toEqual(before);
  });

  test("make a database that was not there, once, though two begin at the same instant", async (t) => {
    const database = await setup(t);
    const aurora = {
      ...database.profile.aurora,
      database: `${database.profile.aurora.database}_b`,
    };
    const profile = { ...database.profile, aurora };
    const nothing = await migrationStatus(profile);
    t.expect(nothing.filter(({ appliedAt }) => appliedAt !== null)).toEqual([]);
    const admin = await connect(t, database, aurora.adminRole, "postgres");
    t.onTestFinished(async () => {
      await admin.query(`drop database if exists ${aurora.database} with (force)`);
    });
    const [one, other] = await Promise.all([migrateUp(profile), migrateUp(profile)]);
    t.expect(one).toEqual(other);
    t.expect(one.map(({ name }) => name)).toEqual(nothing.map(({ name }) => name));
    t.expect(await migrationStatus(profile)).toEqual(one);
  });
});

describe("sequencer", () => {
  test("an event that commits late gets a later position, and no follower loses it", async (t) => {
    const { db } = await setup(t);
    const events = eventStore(db);
    const late = await begin(t, db);
    await record(late, [happened("written first")]);
    await transact(db, (tx) => record(tx, [happened("committed first")]));
    t.expect(await events.sequence()).toBe(1);
    t.expect(await events.after(0, 10)).toMatchObject([{ type: "committed first", position: 1 }]);

    await late.commit().execute();
    t.expect(await events.after(1, 10)).toEqual([]);
    t.expect(await events.sequence()).toBe(1);
    const [one, two] = await events.after(0, 10);
    t.expect([one?.position, two?.position]).toEqual([1, 2]);
    t.expect(two?.type).toBe("written first");
    t.expect(two?.id).toBeLessThan(one?.id ?? 0);
    t.expect(await events.sequence()).toBe(0);
  });

  test("a sequencer waits for the one at work, and no position that was given changes", async (t) => {
    const { db } = await setup(t);
    const events = eventStore(db);
    const late = await begin(t, db);
    await record(late, [happened("written first")]);
    await transact(db, (tx) => record(tx, [happened("committed first")]));
    const obstacle = await begin(t, db);
    await obstacle.selectFrom("event").select("id").forUpdate().execute();
    const first = events.sequence();
    await t.expect.poll(() => waitingForLocks(db)).toBe(1);
    await late.commit().execute();
    const second = events.sequence();
    await t.expect.poll(() => waitingForLocks(db)).toBe(2);
    await obstacle.commit().execute();
    t.expect(await Promise.all([first, second])).toEqual([1, 1]);
    t.expect(await events.after(0, 10)).toMatchObject([
      { type: "committed first", position: 1 },
      { type: "written first", position: 2 },
    ]);
  });

  test("positions are dense and keep each thing's order, whoever writes and sequences at once", async (t) => {
    const { db } = await setup(t);
    const events = eventStore(db);
    const things = Array.from({ length: 4 }, () => newId());
    const REVISIONS = 20;
    const writes = things.map(async (thing) => {
      for (let revision = 1; revision <= REVISIONS; revision += 1) {
        await transact(db, (tx) => record(tx, [happened("changed", thing, revision)]));
      }
    });
    const sequencers = [0, 1].map(async () => {
      for (let round = 0; round < REVISIONS; round += 1) await events.sequence();
    });
    await Promise.all([...writes, ...sequencers]);
    await events.sequence();

    const log = await events.after(0, 1_000);
    t.expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 1));
    t.expect(log).toHaveLength(things.length * REVISIONS);
    for (const thing of things) {
      const revisions = log.filter(({ subjectId }) => subjectId === thing);
      t.expect(revisions.map(({ revision }) => revision)).toEqual(
        Array.from({ length: REVISIONS }, (_, index) => index + 1),
      );
    }
  });
});

async function waitingForLocks(db: Aurora): Promise<number> {
  const { rows } = await sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows.length;
}

describe("stock", () => {
  test("twenty purchases of the last five units at once: five orders, and the stock is its movements' sum", async (t) => {
    const { db } = await setup(t);
    const lamp = await newPublication(db, await newUser(db, "ana"), 5);
    const buyer = await newUser(db, "beto");
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => place(db, buyer, [lamp, 1])),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    t.expect(refused.map(({ reason }) => reason.code)).toEqual(Array(15).fill("out_of_stock"));
    t.expect(await publicationStore(db).find(lamp)).toMatchObject({
      stock: 0,
      availability: "sold_out",
    });
    t.expect(await movements(db, lamp)).toEqual([5, -1, -1, -1, -1, -1]);
  });

  test("a purchase that finds too little of one thing takes nothing of another", async (t) => {
    const { db } = await setup(t);
    const seller = await newUser(db, "ana");
    const buyer = await newUser(db, "beto");
    const plenty = await newPublication(db, seller, 10);
    const scarce = await newPublication(db, seller, 1);
    await t
      .expect(place(db, buyer, [plenty, 2], [scarce, 2]))
      .rejects.toMatchObject({ code: "out_of_stock" });
    t.expect(await movements(db, plenty)).toEqual([10]);
    t.expect((await publicationStore(db).find(plenty))?.stock).toBe(10);
    t.expect(await db.selectFrom("purchase").select("id").execute()).toEqual([]);
  });

  async function movements(db: Aurora, publicationId: string): Promise<number[]> {
    const rows = db.selectFrom("stockMovement").select("delta").orderBy("id");
    const found = await rows.where("publicationId", "=", publicationId).execute();
    return found.map(({ delta }) => delta);
  }
});

describe("payments", () => {
  test("an order has one open payment, however many open one at once", async (t) => {
    const database = await setup(t);
    const { db } = database;
    const payments = paymentStore(db);
    const lamp = await newPublication(db, await newUser(db, "ana"), 5);
    const buyer = await newUser(db, "beto");
    const order = (await place(db, buyer, [lamp, 1])).orders[0]?.id ?? "";
    const open = () =>
      payments.open(
        { orderId: order, cardToken: "tok_approved", capture: true },
        `user:${buyer}`,
        AT,
      );

    const opened = await Promise.all([open(), open(), open()]);
    t.expect(new Set(opened.map(({ payment }) => payment.id)).size).toBe(1);
    t.expect(opened.filter(({ resumed }) => !resumed)).toHaveLength(1);

    // The table itself refuses a second one, whatever program writes it.
    const app = await connect(t, database, "mkt_app");
    const copy = `insert into payment
      (id, order_id, state, amount_minor, currency, card_token, deadline_at, created_at, changed_at)
      select $1, order_id, $2, amount_minor, currency, card_token, deadline_at, created_at, changed_at
      from payment`;
    await t
      .expect(app.query(copy, [newId(), "authorized"]))
      .rejects.toMatchObject({ code: "23505", constraint: "payment_open" });
    t.expect((await app.query(copy, [newId(), "rejected"])).rowCount).toBe(1);

    const first = opened[0]?.payment.id ?? "";
    await payments.refuse(first, "no such card", AT);
    const again = await open();
    t.expect(again.resumed).toBe(false);
    t.expect(again.payment.id).not.toBe(first);
  });
});

describe("roles", () => {
  test.for([
    ["mkt_app", "delete from event", DENIED],
    ["mkt_app", "update event set data = '{}'", DENIED],
    ["mkt_app", "truncate audit", DENIED],
    ["mkt_app", "update transition set actor = 'nobody'", DENIED],
    ["mkt_app", "update stock_movement set delta = 1", DENIED],
    ["mkt_app", "drop table event", DENIED],
    ["mkt_app", "create table public.mine ()", DENIED],
    ["mkt_app", "update event set position = null", undefined],
    ["mkt_operator", 'select email from "user"', undefined],
    ["mkt_operator", 'select password_hash from "user"', DENIED],
    ["mkt_operator", "select token_hash from session", DENIED],
    ["mkt_operator", "update category set name = 'x'", DENIED],
    ["mkt_support", 'select state from "order"', undefined],
    ["mkt_support", "select personal from event", DENIED],
    ["mkt_analyst", 'select * from analytics."order"', undefined],
    ["mkt_analyst", "select * from analytics.event", undefined],
    ["mkt_analyst", 'select id from public."user"', DENIED],
    ["mkt_analyst", "select personal from public.event", DENIED],
    ["mkt_analyst", "select address from analytics.event", "42703"],
  ] as const)("%s: %s", async ([role, statement, code], t) => {
    const client = await connect(t, await setup(t), role);
    const outcome = await client.query(statement).then(
      () => undefined,
      (error: pg.DatabaseError) => error.code,
    );
    t.expect(outcome).toBe(code);
  });

  test("the analysts' views mask what says who somebody is, and have nothing that people typed", async (t) => {
    const analyst = await connect(t, await setup(t), "mkt_analyst");
    const { rows } = await analyst.query<{ view: string; column: string; masked: boolean }>(
      `select table_name as view, column_name::text as column,
         strpos(pg_get_viewdef(format('analytics.%I', table_name)::regclass), '''***''::text AS ' || quote_ident(column_name)) > 0 as masked
       from information_schema.columns where table_schema = 'analytics'`,
    );
    t.expect(new Set(rows.map(({ view }) => view)).size).toBeGreaterThan(5);
    const personal =
      /^(email.*|name|address|ship_to|password_hash|personal|body|card_token|instrument)$/;
    const open = rows.filter(({ column, masked }) => personal.test(column) && !masked);
    t.expect(open.map(({ view, column }) => `${view}.${column}`)).toEqual(["category.name"]);
    const masked = rows.filter((row) => row.masked).map(({ view, column }) => `${view}.${column}`);
    t.expect(masked).toEqual(t.expect.arrayContaining(["user.email", "user.name", "user.address"]));
  });
});

describe("ids by their beginning", () => {
  const ONE = "018f0000-0000-7000-8000-00000000000a";
  const OTHER = "018f0000-0000-7000-8000-00000000000b";
  const LAST = "ffffffff-ffff-7fff-bfff-ffffffffffff";

  test.for([
    [ONE, ONE],
    [OTHER.toUpperCase(), OTHER],
    ["ffff", LAST],
    ["ffffffff-ff", LAST],
    ["018f0000-0000-7000-8000-00000000000", "invalid"],
    ["018f", "invalid"],
    ["018e", "not_found"],
    ["018f0000-0000-7000-8000-00000000000c", "not_found"],
    ["018f%", "not_found"],
  ])("%s is %s", async ([typed, expected], t) => {
    const { db } = await setup(t);
    const categories = [ONE, OTHER, LAST].map((id) => ({
      id,
      name: id,
      nameFolded: id,
      createdAt: AT,
    }));
    await db.insertInto("category").values(categories).execute();
    const outcome = await lookupStore(db)
      .resolve("category", typed ?? "")
      .catch(({ code }) => code);
    t.expect(outcome).toBe(expected);
  });
});

describe("values", () => {
  test("whole numbers come back as numbers, and times in UTC wherever the server thinks it is", async (t) => {
    const database = await setup(t);
    const client = await connect(t, database, "mkt_app");
    await client.query("set time zone 'Asia/Kolkata'");
    const { rows } = await client.query(
      `select 9007199254740991::bigint as largest, count(*) as counted, null::bigint as none,
         timestamptz '2026-01-01 12:00:00.123+00' as at, timestamptz '2026-07-01 23:30:00-03' as next_day
       from category`,
    );
    t.expect(rows).toEqual([
      {
        largest: Number.MAX_SAFE_INTEGER,
        counted: 0,
        none: null,
        at: "2026-01-01T12:00:00.123Z",
        next_day: "2026-07-02T02:30:00.000Z",
      },
    ]);
  });

  test("texts come back as they went in, and are equal only byte by byte", async (t) => {
    const { db } = await setup(t);
    const names = ["é", "e\u0301", "E\u0301", "𝌆 \u202e ok", "a\\'\"\n"];
    const rows = names.map((name) => ({ id: newId(), name, nameFolded: name, createdAt: AT }));
    await db.insertInto("category").values(rows).execute();
    const found = await db.selectFrom("category").select("name").orderBy("id").execute();
    t.expect(found.map(({ name }) => name)).toEqual(names);
    const [exact] = await db.selectFrom("category").select("id").where("name", "=", "é").execute();
    t.expect(exact?.id).toBe(rows[0]?.id);
    await t
      .expect(query(() => sql`select ${"\0"}::text`.execute(db)))
      .rejects.toMatchObject({ code: "invalid" });
  });
});

/** Whoever calls what this gives waits until as many calls were made. */
function meetingOf(count: number): () => Promise<void> {
  let open: () => void;
  let missing = count;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    missing -= 1;
    if (missing === 0) open();
    return opened;
  };
}

test("of two transactions that lock each other out, one is tried again and both are done", async (t) => {
  const { db } = await setup(t);
  const [one, other] = [newId(), newId()];
  const rows = [one, other].map((id) => ({ id, name: id, nameFolded: id, createdAt: AT }));
  await db.insertInto("category").values(rows).execute();
  const bothHoldOne = meetingOf(2);
  let attempts = 0;
  const rename = (...ids: string[]) =>
    transact(db, async (tx) => {
      attempts += 1;
      for (const id of ids) {
        const category = tx.updateTable("category").where("id", "=", id);
        await category.set((eb) => ({ revision: eb("revision", "+", 1) })).execute();
        await bothHoldOne();
      }
    });
  await Promise.all([rename(one, other), rename(other, one)]);
  t.expect(attempts).toBe(3);
  const after = await db.selectFrom("category").select("revision").execute();
  t.expect(after).toEqual([{ revision: 3 }, { revision: 3 }]);
});
