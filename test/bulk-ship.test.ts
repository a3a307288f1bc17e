import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "csv-parse/sync";
import pg from "pg";
import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../src/domain/actor.ts";
import { buy } from "../src/operations/buy.ts";
import { cancelOrder } from "../src/operations/cancel-order.ts";
import { banUser } from "../src/operations/manage-users.ts";
import { pay } from "../src/operations/pay.ts";
import { connection } from "../src/stores/aurora/client.ts";
import { cloneOrder } from "../src/testing/clone-orders.ts";
import type { Outcome } from "../src/testing/local-stack.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";
import { type Program, programOn } from "../src/testing/program.ts";

// A recorded run takes more: MKT_BULK_ORDERS=5000 npx vitest run test/bulk-ship.test.ts
const ORDERS = Number(process.env.MKT_BULK_ORDERS ?? 60);
const JOBS = process.env.MKT_BULK_JOBS ?? "4";
const TIMEOUT_MS = 600_000;
const NEVER_MS = 86_400_000;

interface Scene {
  market: Marketplace;
  program: Program;
  admin: pg.Client;
  file: string;
  results: string;
  /** What each line of the file must come to: its code and reason; null: it is shipped. */
  expected: Map<number, { code: string; reason: RegExp } | null>;
  /** Orders that can be shipped. */
  shippable: string[];
}

/** Paid orders by the thousand, and a file that names them and, here and there, something impossible. */
async function setScene(t: TestContext): Promise<Scene> {
  const times = { pickupMs: NEVER_MS, deliveryMs: NEVER_MS };
  const market = await testMarketplace(t, { times });
  const { deps, config } = market;
  const operator = await market.user("operator", "operator");
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  const banned = await market.user("banned");
  await banUser({ actor: operator, user: banned.userId, reason: "fraud" }, deps);
  const lamp = await market.publication(ana, { stock: 100_000 });
  const program = await programOn(t, market, operator);
  const admin = new pg.Client(connection(config.profile.aurora, config.profile.aurora.adminRole));
  await admin.connect();
  t.onTestFinished(() => admin.end());

  const sale = async (key: string, paid: boolean) => orderOf(market, beto, lamp.id, key, paid);
  const expired = await sale("expired", false);
  await market.advance({ minutes: 20 });
  const reserved = await sale("reserved", false);
  const cancelled = await sale("cancelled", true);
  await cancelOrder({ actor: ana, order: cancelled, reason: "broken in store" }, deps);
  const refused = await sale("refused", true);
  await cloneOrder(admin, await sale("paid", true), ORDERS - 11);
  const { rows } = await admin.query<{ id: string }>(
    `select id from "order" where state = 'paid' and id <> $1 order by id`,
    [refused],
  );
  const shippable = rows.map(({ id }) => id);
  const share = ORDERS < 1_000 ? 1 : 5;
  const impossible: { row: string; code: string; reason: RegExp }[] = [
    { row: `${randomUUID()},`, code: "not_found", reason: /there is no order/ },
    { row: `${expired.slice(0, 6)},`, code: "invalid", reason: /begins several ids/ },
    { row: "=HYPERLINK(1),", code: "not_found", reason: /there is no order "=HYPER/ },
    { row: `${reserved},`, code: "illegal_transition", reason: /is reserved/ },
    { row: `${expired},`, code: "illegal_transition", reason: /is expired/ },
    { row: `${cancelled},`, code: "illegal_transition", reason: /is cancelled/ },
    { row: `${refused},beto@example.com`, code: "not_allowed", reason: /somebody else/ },
    { row: `${refused},banned@example.com`, code: "not_allowed", reason: /is banned/ },
    { row: `${refused},nobody@example.com`, code: "not_found", reason: /there is no user/ },
    { row: ",ana@example.com", code: "invalid", reason: /it has no order/ },
    { row: `${refused},,more`, code: "invalid", reason: /cells/ },
  ].flatMap((one) => Array.from({ length: share }, () => one));

  const lines = ["order,as"];
  const expected: Scene["expected"] = new Map();
  const step = Math.max(1, Math.floor(shippable.length / impossible.length));
  const add = (row: string, comes: { code: string; reason: RegExp } | null) => {
    lines.push(row);
    expected.set(lines.length, comes);
  };
  for (const [index, id] of shippable.entries()) {
    const odd = index % step === 0 ? impossible.shift() : undefined;
    if (odd) add(odd.row, odd);
    // Operators ship for the seller, or by themselves.
    add(index % 2 === 0 ? `${id},ana@example.com` : `${id},`, null);
  }
  for (const odd of impossible) add(odd.row, odd);
  const file = join(config.home, "today.csv");
  await writeFile(file, `${lines.join("\n")}\n`);
  const results = join(config.home, "today.results.csv");
  return { market, program, admin, file, results, expected, shippable };
}

async function orderOf(
  { deps }: Marketplace,
  buyer: Actor,
  publication: string,
  key: string,
  paid: boolean,
): Promise<string> {
  const wanted = [{ publication, quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key, wanted, shipTo: null }, deps);
  const id = orders[0]?.id ?? "";
  if (paid) await pay({ actor: buyer, target: id, card: "tok_approved", waitMs: 10_000 }, deps);
  return id;
}

const shipping = ({ file, results }: Scene) => {
  return ["ship", "--from", file, "--results", results, "--jobs", JOBS];
};

test(
  `of ${ORDERS} orders all that can be are shipped, once, though the run is killed; the others are named with the reason`,
  async (t) => {
    const scene = await setScene(t);
    const { program, admin, expected, shippable } = scene;
    const failures = [...expected.values()].filter((one) => one !== null).length;
    const before = await everything(admin);

    const checked = await program.run([...shipping(scene), "--dry-run"]);
    expect(checked.exitCode, checked.stderr).toBe(8);
    expect(await everything(admin)).toEqual(before);
    const { items } = JSON.parse(checked.stdout);
    expect(items).toHaveLength(expected.size);
    for (const { line, code, outcome, reason } of items) {
      const comes = expected.get(line);
      expect({ line, code, outcome }).toEqual({
        line,
        code: comes?.code ?? null,
        outcome: comes ? "would_fail" : "would_do",
      });
      if (comes) expect(reason).toMatch(comes.reason);
    }

    // Killed twice at moments that nobody chose.
    for (const part of [0.3 * Math.random(), 0.3 + 0.6 * Math.random()]) {
      await killAfter(scene, Math.floor(part * expected.size));
    }
    const ended = await timed(shippable.length, () => program.start(shipping(scene)), admin);
    expect(ended.exitCode, ended.stderr).toBe(8);
    const report = JSON.parse(ended.stdout);
    expect(report).toMatchObject({
      rows: expected.size,
      done: shippable.length,
      failed: failures,
      already: 0,
      skipped: 0,
      state: "finished",
    });
    await expectResults(scene);

    const again = await program.run(shipping(scene));
    expect(again.exitCode).toBe(8);
    expect(JSON.parse(again.stdout)).toEqual(report);
    expect(again.stderr).toContain(`done before as run ${report.runId}`);
    await expectResults(scene);

    const anew = await program.run([...shipping(scene), "--again"]);
    expect(JSON.parse(anew.stdout)).toMatchObject({ done: shippable.length, failed: failures });
    expect(JSON.parse(anew.stdout).already).toBe(shippable.length);
    const { rows } = await admin.query(
      `select count(*)::int as shipments, count(distinct order_id)::int as orders,
         count(distinct provider_id)::int as labels
       from shipment where order_id = any($1) and state = 'ready_to_ship'`,
      [shippable],
    );
    const count = shippable.length;
    expect(rows[0]).toEqual({ shipments: count, orders: count, labels: count });
  },
  TIMEOUT_MS,
);

/** Runs the rest, and says how fast and with how much memory. */
async function timed(
  rows: number,
  start: () => ReturnType<Program["start"]>,
  admin: pg.Client,
): Promise<Outcome> {
  const { rows: found } = await admin.query(
    "select count(*)::int as count from bulk_row where state = 'done'",
  );
  const left = rows - found[0]?.count;
  const began = performance.now();
  const { child, outcome } = start();
  let ended = false;
  const end = outcome.finally(() => {
    ended = true;
  });
  let peak = "";
  while (!ended) {
    const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
    peak = /VmHWM:\s*(\d+ kB)/.exec(status)?.[1] ?? peak;
    await pause(50);
  }
  const seconds = (performance.now() - began) / 1_000;
  const rate = (left / seconds).toFixed(1);
  process.stderr.write(`${left} rows in ${seconds.toFixed(1)} s, ${rate}/s, at most ${peak}\n`);
  return end;
}

/** Kills the command when its journal has come so far. */
async function killAfter(scene: Scene, rows: number): Promise<void> {
  const { child, outcome } = scene.program.start(shipping(scene));
  for (;;) {
    const { rows: found } = await scene.admin.query(
      "select count(*)::int as count from bulk_row where state in ('done', 'failed')",
    );
    if (found[0]?.count >= rows || child.exitCode !== null) break;
    await pause(5);
  }
  await pause(Math.random() * 100);
  child.kill("SIGKILL");
  await outcome;
}

/** How many rows there are of what a dry run must not touch. */
async function everything(admin: pg.Client): Promise<unknown> {
  const { rows } = await admin.query(
    `select (select count(*) from transition) as transitions, (select count(*) from event) as events,
       (select count(*) from shipment) as shipments, (select count(*) from bulk_run) as runs,
       (select md5(string_agg(id::text || state, ',' order by id)) from shipment) as states`,
  );
  return rows[0];
}

async function expectResults({ results, expected, file }: Scene): Promise<void> {
  const rows = parse(await readFile(results, "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  expect(rows.map(({ line }) => Number(line))).toEqual([...expected.keys()]);
  const input = (await readFile(file, "utf8")).split("\n");
  for (const row of rows) {
    const comes = expected.get(Number(row.line));
    const { outcome, code, state, reason } = row;
    expect({ line: row.line, outcome, code, state }).toEqual({
      line: row.line,
      outcome: comes ? "failed" : "done",
      code: comes?.code ?? "",
      state: comes ? "" : "ready_to_ship",
    });
    if (comes) expect(reason).toMatch(comes.reason);
    const order = input[Number(row.line) - 1]?.split(",")[0];
    expect(row.order?.replace(/^'/, "")).toBe(order);
  }
}
