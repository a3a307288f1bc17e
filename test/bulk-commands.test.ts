import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import pg from "pg";
import { expect, type TestContext, test } from "vitest";
import { stringify } from "yaml";
import type { Actor } from "../src/domain/actor.ts";
import { ask } from "../src/operations/ask.ts";
import { buy } from "../src/operations/buy.ts";
import { changePublicationState } from "../src/operations/change-publication.ts";
import { openSession } from "../src/operations/login.ts";
import { banUser } from "../src/operations/manage-users.ts";
import { pay } from "../src/operations/pay.ts";
import { trigger } from "../src/operations/trigger.ts";
import { connection } from "../src/stores/aurora/client.ts";
import { sessionFile } from "../src/stores/session/file.ts";
import { commandLine } from "../src/testing/command-line.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";

const NEVER_MS = 86_400_000;
const PASSWORD = "four unrelated words";
const CARD = "tok_approved";

/** A file for a command: its columns, a row that can be done, and rows that cannot, each with its code. */
interface Case {
  command: string;
  columns: string;
  good: string;
  wrong: readonly (readonly [row: string, code: string])[];
  /** What undoing does with the good row, in its words; null: nothing of the command can be undone. */
  undone: RegExp | null;
}

interface Scene {
  market: Marketplace;
  admin: pg.Client;
  run: (argv: readonly string[]) => ReturnType<typeof commandLine>;
  cases: readonly Case[];
}

async function setScene(t: TestContext): Promise<Scene> {
  const market = await testMarketplace(t, {
    times: { pickupMs: NEVER_MS, deliveryMs: NEVER_MS },
  });
  const { deps, config } = market;
  const { home, profile } = config;
  const operator = await market.user("operator", "operator");
  const { name, ...settings } = profile;
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "config.yaml"), stringify({ profiles: { [name]: settings } }));
  const session = sessionFile(join(home, `session.${name}.json`), profile);
  const user = { id: operator.userId, email: "operator@example.com" };
  await openSession(user, { ...deps, sessionFile: session });
  const env = { MKT_HOME: home, MKT_PROFILE: name };
  const run = (argv: readonly string[]) =>
    commandLine([...argv, "--json", "--reason", "a test"], env);

  const admin = new pg.Client(connection(profile.aurora, profile.aurora.adminRole));
  await admin.connect();
  t.onTestFinished(() => admin.end());
  // What the journal held of each row when it was begun: what a process that is killed leaves.
  await admin.query(`
    create table begun (run_id uuid, line bigint, undo jsonb);
    create function keep_begun() returns trigger language plpgsql security definer as
      $$ begin insert into begun values (new.run_id, new.line, new.undo); return new; end $$;
    create trigger keep_begun after insert on bulk_row for each row execute function keep_begun()`);
  return { market, admin, run, cases: await casesOf(market, operator) };
}

async function casesOf(market: Marketplace, operator: Actor): Promise<Case[]> {
  const { deps } = market;
  const [ana, beto] = [await market.user("ana"), await market.user("beto")];
  await market.user("carl");
  await market.user("support", "support");
  const eva = await market.user("eva");
  await banUser({ actor: operator, user: eva.userId, reason: "spam" }, deps);
  const lamp = await market.publication(ana, { stock: 50, externalId: "lamp-1" });
  const other = async (title: string) =>
    (await market.publication(ana, { title, categories: ["Furniture"] })).id;
  const [chair, table, desk] = [await other("Chair"), await other("Table"), await other("Desk")];
  const state = (publication: string, event: "pause" | "close") =>
    changePublicationState({ actor: ana, publication, event }, deps);
  await state(table, "pause");
  const gone = await other("Gone");
  await state(gone, "close");

  let count = 0;
  const order = async (): Promise<string> => {
    count += 1;
    const wanted = [{ publication: lamp.id, quantity: 1 }];
    const made = { actor: beto, key: `order ${count}`, wanted, shipTo: null };
    return (await buy(made, deps)).orders[0]?.id ?? "";
  };
  const lead = async (what: string): Promise<string> => {
    const id = await order();
    for await (const _ of trigger({ actor: operator, what, order: id, dryRun: false }, deps));
    return id;
  };
  const paymentBy = async (card: string, authorize = false): Promise<string> => {
    const target = await order();
    const [payment] = await pay({ actor: beto, target, card, authorize, waitMs: 5_000 }, deps);
    return payment?.id ?? "";
  };
  const question = async (text: string): Promise<string> =>
    (await ask({ actor: beto, publication: lamp.id, text }, deps)).id;
  const paymentOf = async (id: string) => (await deps.payments.ofOrder(id))[0]?.id;
  const shipmentOf = async (id: string) => (await deps.shipments.ofOrder(id)).at(-1)?.id;

  const cancelled = await lead("order.cancelled");
  const delivered = await lead("order.delivered");
  const reserved = await order();
  const returned = await lead("shipment.returned");
  const [waiting, answered] = [await question("Is it new?"), await question("Is it old?")];
  await deps.questions.answer(answered, { text: "No", at: deps.now() });
  await market.until(async () => (await deps.webhooks.list({ limit: 1 })).length > 0);
  const [webhook] = await deps.webhooks.list({ limit: 1 });
  const nowhere = "0199c4f8-0000-7000-8000-000000000000";

  return [
    {
      command: "register",
      columns: "email,name,address,region,password",
      good: `dora@example.com,Dora,Street 1,Santa Fe,${PASSWORD}`,
      wrong: [
        [`ana@example.com,Ana,Street 2,,${PASSWORD}`, "conflict"],
        [`nobody,Nobody,Street 3,,${PASSWORD}`, "invalid"],
        ["short@example.com,Short,Street 4,,short", "invalid"],
        [`fine@example.com,Fine,Street 5,Street 5,${PASSWORD}`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "category add",
      columns: "name",
      good: "Rugs",
      wrong: [
        ["lighting", "conflict"],
        ["x".repeat(90), "invalid"],
      ],
      undone: null,
    },
    {
      command: "category rename",
      columns: "category,name",
      good: "Rugs,Carpets",
      wrong: [
        ["Nothing,Something", "not_found"],
        ["Furniture,Lighting", "conflict"],
        [",Something", "invalid"],
      ],
      undone: /is Rugs again/,
    },
    {
      command: "category fee",
      columns: "category,fee",
      good: "Lighting,12.5%",
      wrong: [
        ["Nothing,5%", "not_found"],
        ["Lighting,a lot", "invalid"],
      ],
      undone: /Lighting is 10%/,
    },
    {
      command: "publish",
      columns: "title,price,stock,category,external-id,as",
      good: "Rug,20.00,5,Lighting|Rugs,rug-1,ana@example.com",
      wrong: [
        ["Lamp,20.00,5,Lighting,lamp-1,ana@example.com", "conflict"],
        ["Rug,20.00,5,Nothing,rug-2,ana@example.com", "not_found"],
        ["Rug,cheap,5,Lighting,rug-3,ana@example.com", "invalid"],
        ["Rug,20.00,,Lighting,rug-4,ana@example.com", "invalid"],
      ],
      undone: /is closed/,
    },
    {
      command: "publication update",
      columns: "publication,title,price,stock,addStock,as",
      good: `${lamp.id},Better lamp,30.00,,5,ana@example.com`,
      wrong: [
        [`${nowhere},,30.00,,,`, "not_found"],
        [`${lamp.id},,30.00,,,beto@example.com`, "not_allowed"],
        [`${gone},,30.00,,,`, "illegal_transition"],
        [`${lamp.id},,,,-5000,`, "out_of_stock"],
        [`${lamp.id},,,5,5,`, "invalid"],
      ],
      undone: /puts back title, price, stock of/,
    },
    ...(["pause", "resume", "close"] as const).map((event): Case => {
      const good = { pause: chair, resume: table, close: desk }[event];
      return {
        command: `publication ${event}`,
        columns: "publication,as",
        good: `${good},ana@example.com`,
        wrong: [
          [`${gone},`, "illegal_transition"],
          [`${nowhere},`, "not_found"],
          [",ana@example.com", "invalid"],
        ],
        undone: { pause: /is active/, resume: /is paused/, close: null }[event],
      };
    }),
    {
      command: "ask",
      columns: "publication,text,as",
      good: `${lamp.id},How heavy is it?,beto@example.com`,
      wrong: [
        [`${lamp.id},How heavy is it?,ana@example.com`, "conflict"],
        [`${gone},How heavy is it?,beto@example.com`, "conflict"],
        [`${lamp.id},,beto@example.com`, "invalid"],
      ],
      undone: /is deleted/,
    },
    {
      command: "answer",
      columns: "question,text,as",
      good: `${waiting},Yes,ana@example.com`,
      wrong: [
        [`${answered},Yes,ana@example.com`, "illegal_transition"],
        [`${nowhere},Yes,ana@example.com`, "not_found"],
        [`${waiting},,ana@example.com`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "question delete",
      columns: "question,as",
      good: `${await question("Is it red?")},beto@example.com`,
      wrong: [
        [`${answered},`, "illegal_transition"],
        [`${answered},carl@example.com`, "not_allowed"],
        [",ana@example.com", "invalid"],
      ],
      undone: null,
    },
    {
      command: "buy",
      columns: "publications,shipTo,region,as",
      good: `${lamp.id}:2,Street 5,Santa Fe,beto@example.com`,
      wrong: [
        [`${lamp.id}:5000,,,beto@example.com`, "out_of_stock"],
        [`${lamp.id},,,ana@example.com`, "conflict"],
        [`${lamp.id}:few,,,beto@example.com`, "invalid"],
        [`${lamp.id},,Street 5,beto@example.com`, "invalid"],
      ],
      undone: /cancels order/,
    },
    {
      command: "pay",
      columns: "target,card,as",
      good: `${await order()},${CARD},beto@example.com`,
      wrong: [
        [`${cancelled},${CARD},beto@example.com`, "illegal_transition"],
        [`${reserved},${CARD},carl@example.com`, "not_allowed"],
        [`${reserved},,beto@example.com`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "payment capture",
      columns: "payment,as",
      good: `${await paymentBy(CARD, true)},ana@example.com`,
      wrong: [
        [`${await paymentBy("tok_second_step")},ana@example.com`, "illegal_transition"],
        [",ana@example.com", "invalid"],
      ],
      undone: null,
    },
    {
      command: "payment confirm",
      columns: "payment,as",
      good: `${await paymentBy("tok_second_step")},beto@example.com`,
      wrong: [
        [`${nowhere},beto@example.com`, "not_found"],
        [",beto@example.com", "invalid"],
      ],
      undone: null,
    },
    {
      command: "review",
      columns: "order,conforms,not-conforms,rating,text,as",
      good: `${delivered},yes,,5,Fine,beto@example.com`,
      wrong: [
        [`${reserved},yes,,5,Fine,beto@example.com`, "illegal_transition"],
        [`${delivered},,,5,Fine,beto@example.com`, "invalid"],
        [`${delivered},yes,yes,5,Fine,beto@example.com`, "invalid"],
        [`${delivered},yes,,9,Fine,beto@example.com`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "dispute open",
      columns: "order,notReceived,note,as",
      good: `${await lead("order.shipped")},yes,Nobody has seen it,beto@example.com`,
      wrong: [
        [`${reserved},yes,Nobody has seen it,beto@example.com`, "illegal_transition"],
        [`${reserved},no,Nobody has seen it,beto@example.com`, "invalid"],
        [`${reserved},yes,,beto@example.com`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "dispute resolve",
      columns: "order,refund,amount,dismiss,note",
      good: `${await lead("order.disputed")},yes,1.00,,A scratch`,
      wrong: [
        [`${reserved},yes,,,`, "illegal_transition"],
        [`${reserved},yes,,yes,Both`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "order cancel",
      columns: "order,reason",
      good: `${await lead("order.paid")},broken`,
      wrong: [
        [`${delivered},broken`, "illegal_transition"],
        [",broken", "invalid"],
      ],
      undone: null,
    },
    {
      command: "payment refund",
      columns: "payment,amount,reason",
      good: `${await paymentOf(await lead("order.delivered"))},1.00,a scratch`,
      wrong: [
        [`${await paymentOf(delivered)},500000.00,a scratch`, "conflict"],
        [`${await paymentOf(delivered)},a bit,a scratch`, "invalid"],
      ],
      undone: null,
    },
    {
      command: "shipment restock",
      columns: "shipment,as",
      good: `${await shipmentOf(returned)},ana@example.com`,
      wrong: [
        [`${await shipmentOf(delivered)},ana@example.com`, "illegal_transition"],
        [",ana@example.com", "invalid"],
      ],
      undone: null,
    },
    {
      command: "user grant",
      columns: "user,role",
      good: "carl@example.com,support",
      wrong: [
        ["nobody@example.com,support", "not_found"],
        ["carl@example.com,king", "invalid"],
      ],
      undone: /is not support/,
    },
    {
      command: "user revoke",
      columns: "user,role",
      good: "support@example.com,support",
      wrong: [
        ["carl@example.com,analyst", "conflict"],
        ["operator@example.com,operator", "conflict"],
        ["carl@example.com,", "invalid"],
      ],
      undone: /is support again/,
    },
    {
      command: "user ban",
      columns: "user,reason",
      good: "carl@example.com,fraud",
      wrong: [
        ["operator@example.com,fraud", "conflict"],
        ["nobody@,fraud", "invalid"],
      ],
      undone: /is not banned/,
    },
    {
      command: "user unban",
      columns: "user,reason",
      good: "eva@example.com,appeal",
      wrong: [
        ["nobody@example.com,appeal", "not_found"],
        ["nobody@,appeal", "invalid"],
      ],
      undone: /is banned/,
    },
    {
      command: "webhook resend",
      columns: "webhook,as",
      good: `${webhook?.id},`,
      wrong: [
        ["evt_nothing,", "not_found"],
        ["evt_nothing,ana@example.com", "not_allowed"],
        [",operator@example.com", "invalid"],
      ],
      undone: null,
    },
    {
      command: "trigger",
      columns: "what,order",
      good: `order.shipped,${await lead("order.paid")}`,
      wrong: [
        [`order.shipped,${cancelled}`, "illegal_transition"],
        [`order.nowhere,${reserved}`, "invalid"],
        ["order.shipped,", "invalid"],
      ],
      undone: null,
    },
  ];
}

test("every command that changes something does it for the rows of a file, once, and undoes what it can", async (t) => {
  const scene = await setScene(t);
  for (const one of scene.cases) await check(one, scene);
  await keepWhatChanged(scene);
  const { rows } = await scene.admin.query(
    `select (select string_agg(r::text, ' ') from bulk_row r) || (select string_agg(r::text, ' ') from bulk_run r) as kept`,
  );
  expect(rows[0]?.kept).not.toMatch(new RegExp(`${PASSWORD}|${CARD}`));
}, 300_000);

async function check(one: Case, { market, admin, run }: Scene): Promise<void> {
  const { command, columns, good, wrong } = one;
  const words = command.split(" ");
  const at = (name: string) => join(market.config.home, `${words.join("-")}.${name}`);
  const [file, results] = [at("csv"), at("results.csv")];
  await writeFile(file, `${[columns, good, ...wrong.map(([row]) => row)].join("\n")}\n`);
  const rows = [...words, "--from", file];
  const codes = [null, ...wrong.map(([, code]) => code)];

  const before = await everything(admin);
  const checked = await run([...rows, "--dry-run"]);
  expect(await everything(admin), `${command} --dry-run`).toEqual(before);
  const planned = JSON.parse(checked.stdout || "{}").items ?? checked.stderr;
  expect(
    planned.map(({ code }: { code: string | null }) => code),
    `plan of ${command}`,
  ).toEqual(codes);
  expect(planned[0], command).toMatchObject({ line: 2, outcome: "would_do" });

  const applying = [...rows, "--results", results];
  const applied = await run(applying);
  const report = JSON.parse(applied.stdout || "{}");
  expect(report, `${command}: ${applied.stderr}`).toMatchObject({
    state: "finished",
    done: 1,
    already: 0,
    failed: wrong.length,
  });
  const written = parse(await readFile(results, "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  expect(
    written.map(({ code }) => code || null),
    `results of ${command}`,
  ).toEqual(codes);
  expect(written[0], command).toMatchObject({ outcome: "done" });
  expect(await readFile(results, "utf8")).not.toMatch(new RegExp(`${PASSWORD}|${CARD}`));

  await refundsSettled(market, admin);

  // Killed after the row was done and before the journal knew: done again, it does nothing.
  const after = await everything(admin);
  await forget(report.runId, admin);
  const again = await run(applying);
  expect(await everything(admin), `${command}, again`).toEqual(after);
  expect(JSON.parse(again.stdout || "{}"), `${command}: ${again.stderr}`).toEqual(report);

  const undone = await run(["bulk", "undo", report.runId]);
  if (one.undone === null) {
    expect(undone.stderr, command).toContain("can be undone");
    return;
  }
  const [kept] = JSON.parse(undone.stdout || "{}").items ?? [];
  expect(kept, `${command}: ${undone.stderr}`).toMatchObject({ outcome: "undone" });
  expect(kept.reason).toMatch(one.undone);
}

/** A row that somebody went on with since is kept, with the reason. */
async function keepWhatChanged({ market, run, cases }: Scene): Promise<void> {
  const undoOf = async (command: string, meddle: (id: string) => Promise<unknown>) => {
    const words = command.split(" ");
    const file = join(market.config.home, `kept-${words.join("-")}.csv`);
    const one = cases.find((each) => each.command === command);
    await writeFile(file, `${one?.columns}\n${one?.good}\n`);
    const results = `${file}.results.csv`;
    const applied = await run([...words, "--from", file, "--results", results]);
    const [row] = parse(await readFile(results, "utf8"), { columns: true }) as { id: string }[];
    await meddle(row?.id ?? "");
    const { exitCode, stdout } = await run(["bulk", "undo", JSON.parse(applied.stdout).runId]);
    return { exitCode, ...JSON.parse(stdout).items[0] };
  };
  const kept = { exitCode: 8, outcome: "kept", code: "conflict" };
  const dearer = (id: string) => run(["publication", "update", id, "--price", "31.00"]);
  expect(await undoOf("publication update", dearer)).toMatchObject({
    ...kept,
    reason: expect.stringContaining("the price of publication"),
  });
  const paid = (id: string) => run(["pay", id, "--card", CARD, "--as", "beto@example.com"]);
  expect(await undoOf("buy", paid)).toMatchObject({
    ...kept,
    reason: expect.stringContaining("is paid: mkt order cancel"),
  });
}

/** What goes back is told by webhooks. */
async function refundsSettled(market: Marketplace, admin: pg.Client): Promise<void> {
  const open = "select 1 from refund where state in ('requested', 'pending')";
  await market.until(async () => (await admin.query(open)).rowCount === 0);
}

/** As if the process had ended before its journal knew that a row is done. */
async function forget(runId: string, admin: pg.Client): Promise<void> {
  await admin.query(
    `update bulk_row r set state = 'started', subject_kind = null, subject_id = null, result = null, undo = b.undo
     from begun b where b.run_id = r.run_id and b.line = r.line and r.run_id = $1 and r.state = 'done'`,
    [runId],
  );
  await admin.query("update bulk_run set state = 'running' where id = $1", [runId]);
}

/** How many rows there are of what is changed. */
async function everything(admin: pg.Client): Promise<unknown> {
  const tables = ["event", "transition", "stock_movement", "user_role", "ledger_entry", "refund"];
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  const { rows } = await admin.query(
    `select ${counts.join(", ")}, (select sum(fee_bps)::int from category) as fees`,
  );
  return rows[0];
}
