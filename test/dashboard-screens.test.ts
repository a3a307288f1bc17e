import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, test as anyTest, beforeAll, expect, type TestContext, vi } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { displayWidth } from "../src/output/safe-text.ts";
import { type LocalStack, startLocalStack } from "../src/testing/local-stack.ts";
import { hasTmux, openTmux, type Pane, PROMPT, type Size, type Tmux } from "../src/testing/tmux.ts";
import { type DashboardWorld, dashboardWorld, STILL_CARRIER } from "./dashboard-world.ts";

const TIMEOUT_MS = 120_000;
const PROGRAM = join(packageDirectory(), "bin", "mkt.js");
const SMALL: Size = { columns: 80, rows: 24 };
const LARGE: Size = { columns: 200, rows: 60 };
const TITLES = ["Orders", "Questions", "Payments", "Shipments", "Analytics", "Stores"];
const BEFORE = "what stood here before";
/** A value that nobody turned into words. */
const RAW = /undefined|NaN|\[object|\bnull\b|\[\d+m|�/;

/** In CI tmux is part of what is tested: without it these tests fail there. */
const canDrive = hasTmux() || Boolean(process.env.CI);

function test(name: string, run: (t: TestContext) => Promise<void>): void {
  anyTest(name, { timeout: TIMEOUT_MS }, async (t) => {
    t.skip(!canDrive, "there is no tmux: apt-get install tmux");
    await run(t);
  });
}

let stack: LocalStack;
let tmux: Tmux;
let world: DashboardWorld;

beforeAll(async () => {
  if (!canDrive) return;
  for (const [name, value] of Object.entries(STILL_CARRIER)) vi.stubEnv(name, value);
  tmux = await openTmux();
  stack = await startLocalStack();
  world = await dashboardWorld(stack);
}, TIMEOUT_MS);

afterAll(async () => {
  vi.unstubAllEnvs();
  try {
    await tmux?.close();
  } finally {
    await stack?.remove();
  }
}, TIMEOUT_MS);

/** The built dashboard in a shell in a pane, open on its first screen. */
async function open(t: TestContext, size: Size, { argv = "", env = {} } = {}): Promise<Pane> {
  // With CI set Ink draws nothing before its end.
  const pane = await tmux.open(size, { MKT_HOME: stack.home, CI: "false", ...env });
  t.onTestFinished(pane.close);
  pane.type(`echo ${BEFORE}\n`);
  await pane.shows(`\n${BEFORE}`);
  pane.type(`${process.execPath} ${PROGRAM} dashboard ${argv}\n`);
  await pane.shows("● live", "6 stores up", "▸");
  return pane;
}

const short = (id: string): string => id.slice(0, 13);
const selectedIn = (lines: readonly string[]): string =>
  lines.find((line) => /^[▸◆]/.test(line)) ?? "";

/** A text that is shown in inverse, whatever its colours. */
const inverse = (text: string): RegExp => new RegExp(`\\[[\\d;]*7m(?:.\\[[\\d;]*m)*${text}`);

/** Nothing is broken in the frame: header and footer where they belong, and no line beyond the pane. */
function expectWhole(lines: readonly string[], { columns, rows }: Size): void {
  expect(lines).toHaveLength(rows);
  expect(lines[0]).toMatch(/^ mkt {2}local {2}● live .* \d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d$/);
  expect(lines[1]?.trim().split(/ {2,}/)).toEqual(
    TITLES.map((title, index) => `${index + 1} ${title}`),
  );
  expect(lines[rows - 2]).toMatch(/q quit|Esc back/);
  expect(lines[rows - 1]).toBe("");
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  expect(lines.join("\n")).not.toMatch(RAW);
}

/** Keys and what they must lead to, one after the other, in a frame that is whole each time. */
function driver(pane: Pane, size: Size) {
  return async (keys: string | readonly string[], ...wanted: (string | RegExp)[]) => {
    pane.press(...(typeof keys === "string" ? [keys] : keys));
    const lines = await pane.shows(...wanted);
    expectWhole(lines, size);
    return lines;
  };
}

for (const size of [SMALL, LARGE]) {
  const isWide = size === LARGE;
  const name = `at ${size.columns}×${size.rows}`;

  test(`${name} every screen opens by its number and by Tab, and tells its figures`, async (t) => {
    const pane = await open(t, size);
    const press = driver(pane, size);
    const marks: Record<string, string | RegExp> = {
      Orders: /reserved +\d+.*\n.*ORDER +STATE/s,
      Questions: /\d+ questions wait for their answer/,
      Payments: /\d+ open payments? +\d+ open refunds? +\d+ open webhooks?/,
      Shipments: /\d+ to dispatch +\d+ late +\d+ not delivered/,
      Analytics: /today until .*beside a week ago/s,
      Stores: /STORE +HEALTH +LATENCY +SIZE +HOLDS/,
    };
    for (const [index, title] of TITLES.entries())
      await press(`${index + 1}`, marks[title] ?? title);
    for (const title of TITLES) await press("Tab", marks[title] ?? title);
    for (const title of TITLES.toReversed().slice(1)) await press("BTab", marks[title] ?? title);
    // The one that is shown is marked: inverse, whatever the colours.
    expect(pane.painted()[1]).toMatch(inverse(" 1 Orders "));

    await press("5", "today until", "a week ago", "orders", "▁");
    await press("w", "this week until");
    await press("m", "this month until", "last month");
    await press("p", "today until");
    if (isWide) {
      expect(pane.lines().join("\n")).toMatch(/home to review.*orders by weekday and hour/s);
    } else {
      await press("G", "searches without result");
      await press("g", "today until");
    }
    await press("/", "/: this screen has no filter");
    await press("6", "● up", "nothing pending", "graph dump");
    for (const store of ["aurora", "dynamo", "s3", "neptune", "payments", "shipping"])
      expect(pane.lines().join("\n")).toMatch(new RegExp(`${store} +● up +\\d+\\.\\d ms`));
  });

  test(`${name} orders are walked, filtered, sorted, opened and looked up`, async (t) => {
    const pane = await open(t, size);
    const press = driver(pane, size);
    const first = selectedIn(await press("R", /1 of \d+/));
    expect(pane.painted().join("\n")).toMatch(inverse("▸"));
    const second = selectedIn(await press("j", /2 of \d+/));
    expect(second).not.toBe(first);
    await press("k", /1 of \d+/, first.trimEnd().slice(0, 14));
    await press(["j", "j", "j"], /4 of \d+/);
    await press("g", /1 of \d+/);
    await press("G", /▸/);
    await pane.until((lines) => expect(selectedIn(lines)).not.toContain(first.slice(0, 14)));
    await press("g", /1 of \d+/, first.slice(0, 14));

    await press("/", "a state, stuck, the beginning");
    pane.type("disputed");
    await press("Enter", /\/disputed {2}1 of \d/);
    const rows = pane.lines().filter((line) => /^.[0-9a-f]{8}-/.test(line));
    expect(rows.join("\n")).toContain(`${short(world.disputed)} disputed`);
    for (const row of rows) expect(row).toContain(" disputed ");
    await press("Escape", /1 of \d{3}/);
    await press("f", "f show stuck", short(world.stuck), "! not handed over");
    await press("f", "f show reserved");
    await press("s", "s sort oldest");
    for (const state of ["paid", "shipped", "not_delivered"]) await press("f", `f show ${state}`);
    await press("Enter", "can ", "buyer");
    await press("G", "timeline", /order reserved, a user/);
    if (!isWide) await pane.until((lines) => expect(lines.join("\n")).not.toMatch(/show not_deli/));
    await press("Escape", "f show not_delivered");
    await press("a", "What can be done", "$ mkt ");
    await press("Escape", "f show not_delivered");

    await press("?", "Help", "one row down");
    pane.type("filter the");
    await press("Down", "filter the list");
    await pane.until((lines) => expect(lines.join("\n")).not.toContain("one row down"));
    await press("Escape", "f show not_delivered");
    await press(":", "a screen, or a command without mkt");
    pane.type("order w");
    await press("Down", "▸ order w");
    await press("C-u", "a screen, or a command without mkt");
    pane.type("stores");
    await press("Enter", /STORE +HEALTH/);
    await press("x", "! x does nothing here; ? shows every key");
  });

  test(`${name} questions, payments and shipments are queues of what waits`, async (t) => {
    const pane = await open(t, size);
    const press = driver(pane, size);
    await press("2", "questions wait", "the oldest for", /▸/);
    await press("G", "In green?");
    await press("Enter", "Reading lamp 読書灯", "unanswered", "In green?");
    await press("Escape", /questions wait/);
    await press("a", "$ mkt answer", "$ mkt question delete");
    await press("Escape", /questions wait/);

    await press("3", "f show payments", "in process", /ARS 2\d,\d{3}\.\d\d/);
    await press("Enter", world.paying, "by itself");
    await press("G", "timeline", "payment created → in process");
    await press("Escape", "f show payments");
    await press("f", "f show refunds", "failed", "a scratch", "ARS 400.00");
    await press("f", "f show webhooks", "failed", "the answer made no");
    await press("Enter", world.webhook, "payment.approved", "20 attempts");
    await press("Escape", "f show webhooks");

    await press("4", "f show to dispatch", short(world.stuck));
    expect(selectedIn(pane.lines())).toContain(short(world.stuck));
    await press("f", "f show late", short(world.late), "shipped");
    await press("f", "f show not delivered", short(world.notDelivered));
    await press("Enter", world.notDelivered, "buyer");
    await press("G", "timeline", "shipped → not delivered");
    await press("Escape", "f show not delivered");
  });
}

test("rows are marked, and one answer does the same to all of them", async (t) => {
  const pane = await open(t, SMALL, { argv: "shipments" });
  const press = driver(pane, SMALL);
  const [, second = "", third = ""] = world.dispatch;
  await rowOf(pane, second);
  await press("Space", "● 1 marked");
  await press("Escape", /^(?!.*● 1 marked)/s);
  await rowOf(pane, second);
  await press("Space", "● 1 marked", `●`);
  await press("Space", "● 2 marked");
  await press("a", "What can be done with all 2 marked", "$ mkt ship …");
  await choose(pane, /\$ mkt ship …$/);
  await press("Enter", "for each of these 2", second, third, "type yes and Enter for all 2");
  await press("Enter", "! not done: yes was to be typed");
  pane.type("yes");
  await press("Enter", "2 done");
  for (const order of [second, third]) {
    const { shipments } = await stack.json<{ shipments: { state: string }[] }>([
      ...["order", "show", order],
    ]);
    expect(shipments).toMatchObject([{ state: "ready_to_ship" }]);
  }
  await press("@", `mkt ship ${second}`, `mkt ship ${third}`);
});

test("what is done from here is done as by a command, and in the audit log", async (t) => {
  const pane = await open(t, LARGE, { argv: `questions --as ${world.staff}` });
  const press = driver(pane, LARGE);
  const json = <T>(...argv: string[]) => stack.json<T>(argv);

  // A question is answered.
  const [question = ""] = world.questions;
  await press("g", "Is it 明るい enough to read by?", question);
  await press("a", "What can be done", `$ mkt answer ${question} TEXT`);
  await press("Enter", "answer: text?");
  pane.type("Yes, 800 lm");
  await press("Enter", /Answered/);
  expect(await json("question", "show", question)).toMatchObject({
    state: "answered",
    answer: "Yes, 800 lm",
  });

  // A webhook is tried again.
  await press("3", "f show payments");
  await press(["f", "f"], world.webhook, "the answer made no sense");
  await press("a", `$ mkt webhook resend ${world.webhook}`);
  await press("Enter", "type yes and Enter");
  pane.type("yes");
  await press("Enter", "nothing waits here");
  expect(await json("webhook", "show", world.webhook)).toMatchObject({ state: "done" });

  // A refund wants its word; Enter alone does nothing.
  await press("1", /1 of \d+/);
  await find(pane, world.delivered);
  await press("a", "What can be done", /\$ mkt payment refund/);
  await choose(pane, /\$ mkt payment refund [0-9a-f-]+$/);
  await press("Enter", "type refund and Enter", "ARS ");
  await press("Enter", "! not done: refund was to be typed");
  pane.type("refund");
  await pane.shows("Esc leaves it refund");
  await press("Enter", "Refund of ARS");
  const refunded = await json<Story>("order", "show", world.delivered, "--wait-for", "refunded");
  expect(refunded.payments).toMatchObject([{ refunds: [{ state: "succeeded" }] }]);

  // A dispute is decided.
  await find(pane, world.disputed);
  await press("a", "What can be done", "--dismiss --note TEXT");
  await choose(pane, /--dismiss --note TEXT/);
  await press("Enter", "text?");
  pane.type("The photographs show oak");
  await press("Enter", "type dismiss and Enter");
  pane.type("dismiss");
  await press("Enter", /Dispute [0-9a-f-]{36} is dismissed/);
  const decided = await json<Story>("order", "show", world.disputed);
  expect(decided).toMatchObject({ state: "completed", disputes: [{ state: "dismissed" }] });

  // A parcel is given to its carrier.
  const [order = ""] = world.dispatch;
  await find(pane, order);
  await press("a", `$ mkt ship ${order}`);
  await choose(pane, new RegExp(`\\$ mkt ship ${order}$`));
  await press("Enter", "type yes and Enter");
  pane.type("yes");
  await press("Enter", /Shipment [0-9a-f-]{36} ready to ship/);
  const shipped = await json<Story>("order", "show", order);
  expect(shipped.shipments).toMatchObject([{ state: "ready_to_ship" }]);

  const { items } = await json<{ items: { action: string }[] }>(
    ...["sql", "-c", "select action from audit order by at"],
  );
  const actions = items.map(({ action }) => action);
  for (const action of ["answer", "webhook resend", "payment refund", "dispute resolve", "ship"])
    expect(actions.join("\n")).toContain(action);

  // What was done is copied and saved as a shell takes it.
  const words = [
    `mkt answer ${question} 'Yes, 800 lm'`,
    `mkt webhook resend ${world.webhook}`,
    "mkt payment refund ",
    `mkt dispute resolve ${world.disputed} --dismiss --note 'The photographs show oak'`,
    `mkt ship ${order}`,
  ];
  await press("@", "Done from here", ...words);
  await press("c", "copied to the clipboard");
  await expect.poll(pane.copied).toContain(words[4]);
  const copied = pane.copied().trimEnd().split("\n");
  expect(copied).toHaveLength(words.length);
  for (const [index, line] of copied.entries()) {
    expect(line.startsWith(words[index] ?? "?")).toBe(true);
    expect(line.endsWith(`--as ${world.staff}`)).toBe(true);
  }
  await press("s", "saved as ");
  const [file = ""] = (await readdir(tmux.directory)).filter((one) => one.startsWith("mkt-done-"));
  const saved = await readFile(join(tmux.directory, file), "utf8");
  expect(saved.trimEnd().split("\n")).toEqual(["#!/bin/sh -e", ...copied]);
});

interface Story {
  state: string;
  payments: { refunds: { state: string }[] }[];
  shipments: { state: string }[];
  disputes: { state: string }[];
}

/** Filters the orders down to one of them, whose story is beside it then. */
async function find(pane: Pane, order: string): Promise<void> {
  pane.press("/", "C-u");
  await pane.shows("a state, stuck");
  pane.type(order);
  pane.press("Enter");
  await pane.shows(`▸${short(order)}`, "timeline");
}

/** Moves to the row of an order, one step at a time. */
async function rowOf(pane: Pane, order: string): Promise<void> {
  pane.press("g");
  for (let row = 1; row < 30; row += 1) {
    const lines = await pane.shows(` ${row} of `);
    if (selectedIn(lines).includes(short(order))) return;
    pane.press("j");
  }
  throw new Error(`there is no row of ${order}`);
}

/** Moves down in the list of what can be done to the one whose command is this. */
async function choose(pane: Pane, command: RegExp): Promise<void> {
  for (let step = 0; step < 30; step += 1) {
    const lines = pane.lines();
    const at = lines.findIndex((line) => line.includes("▸"));
    if (command.test(lines[at + 1]?.trimEnd() ?? "")) return;
    pane.press("j");
    await pane.until((now) => expect(now.findIndex((line) => line.includes("▸"))).not.toBe(at));
  }
  throw new Error(`nothing that can be done is ${command}`);
}

test("a size that changes draws every line anew, and one too small says so", async (t) => {
  const pane = await open(t, SMALL);
  for (const size of [LARGE, SMALL, { columns: 120, rows: 36 }, LARGE]) {
    pane.resize(size);
    await pane.until((lines) => expectWhole(lines, size));
    await pane.shows("▸", "q quit");
  }
  pane.resize({ columns: 50, rows: 12 });
  await pane.shows("the dashboard needs 60×15; this is 50×12");
});

/** The shell has its screen and its terminal back: what stood there stands there, and what is typed is seen. */
async function expectShell(pane: Pane, exitCode: number): Promise<void> {
  await pane.shows(BEFORE, new RegExp(`${PROMPT.trim()}\\s*$`));
  pane.type("echo ended with $?, still $((40 + 2))\n");
  const lines = await pane.shows(`ended with ${exitCode}, still 42`);
  expect(lines.join("\n")).toContain(`${PROMPT}echo ended with $?, still $((40 + 2))`);
  expect(lines.join("\n")).not.toContain("1 Orders");
  pane.type(
    "stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icanon -e isig | sort | tr '\\n' ' '\n",
  );
  await pane.shows(new RegExp(`\necho icanon isig ${PROMPT.trim()}\\s*$`));
}

test("q, SIGTERM and a crash give the pane back as it was", async (t) => {
  const crash = join(tmux.directory, "crash.mjs");
  await writeFile(crash, `process.on("SIGUSR2", () => { throw new Error("planted crash"); });\n`);
  const pane = await open(t, SMALL, { env: { NODE_OPTIONS: `--import=${crash}` } });
  pane.press("q");
  await expectShell(pane, 0);
  for (const { signal, exitCode } of [
    { signal: "SIGTERM", exitCode: 143 },
    { signal: "SIGUSR2", exitCode: 1 },
  ] as const) {
    pane.type(
      `clear; echo ${BEFORE}; sh -c 'echo $$ >pid; exec ${process.execPath} ${PROGRAM} dashboard'\n`,
    );
    await pane.shows("● live", "▸");
    process.kill(Number(await readFile(join(tmux.directory, "pid"), "utf8")), signal);
    await expectShell(pane, exitCode);
  }
  await pane.shows("planted crash");
});

test("a connection that is lost shows, keeps what was read, and heals by itself", async (t) => {
  const pane = await open(t, LARGE);
  const row = selectedIn(await pane.shows("timeline")).slice(0, 14);
  await stack.json(["down", "aurora"]);
  const lost = await pane.shows("○ lost, trying again", "! ");
  expect(lost.join("\n")).toContain(row);
  expect(lost.join("\n")).toContain("timeline");
  await stack.json(["up", "aurora"]);
  await pane.shows("● live", row);
  const bought = ["buy", world.publication, "--as", "carla@example.com"];
  const { orders } = await stack.json<{ orders: { id: string }[] }>(bought);
  const [{ id: order } = { id: "" }] = orders;
  await pane.until((lines) => {
    expectWhole(lines, LARGE);
    expect(lines.join("\n")).toContain(short(order));
  });
  expect(selectedIn(pane.lines()).slice(0, 14)).toBe(row);
});
