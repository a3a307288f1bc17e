import { stripVTControlCharacters } from "node:util";
import { render } from "ink-testing-library";
import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../../domain/actor.ts";
import { newId } from "../../domain/ids.ts";
import { ask } from "../../operations/ask.ts";
import type { PeriodFigures, TodayFigures } from "../../operations/board/today.ts";
import { displayWidth } from "../../output/safe-text.ts";
import { type Marketplace, testMarketplace } from "../../testing/marketplace.ts";
import { testSale } from "../../testing/sale.ts";
import { App } from "../app.tsx";
import { type Board, closeBoard, openBoard, reload } from "../board.ts";
import { paintLine, plain } from "../lines.ts";
import { SCREENS } from "./all.ts";
import { ANALYTICS } from "./analytics.ts";

const WAIT_MS = 10_000;

/** The dashboard at a screen, in a terminal of 80 columns. What is to be run is kept instead. */
function openAt(t: TestContext, market: Marketplace, actor: Actor, name: string) {
  const ran: string[][] = [];
  const board: Board = openBoard(
    {
      reach: { deps: market.deps, actor },
      screens: SCREENS,
      theme: { colour: false, unicode: true },
      profile: { name: "test", live: false },
      commands: [],
      run: async (words) => {
        ran.push([...words]);
        return { exitCode: 0, stdout: "", stderr: "" };
      },
      typedBefore: [],
      stores: async () => [],
      copy: () => undefined,
      save: async () => "",
      quit: () => undefined,
    },
    { columns: 80, rows: 24 },
  );
  board.current = SCREENS.findIndex((screen) => screen.name === name);
  const { lastFrame, stdin, unmount } = render(<App board={board} />);
  t.onTestFinished(() => {
    closeBoard(board);
    unmount();
  });
  const shows = async (...texts: string[]) => {
    const deadline = Date.now() + WAIT_MS;
    const frame = () => stripVTControlCharacters(lastFrame() ?? "");
    while (!texts.every((text) => frame().includes(text))) {
      if (Date.now() > deadline) expect(frame()).toContain(texts.join(" and "));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const line of frame().split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    return frame();
  };
  reload(board);
  return { ran, shows, press: (keys: string) => stdin.write(keys) };
}

test("a question is read and answered from its queue", async (t) => {
  const market = await testMarketplace(t);
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const { id: publication } = await market.publication(ana, { title: "台灯 Lamp" });
  const { deps } = market;
  const { id } = await ask({ actor: carla, publication, text: "Is it 明るい?" }, deps);
  await ask({ actor: carla, publication, text: "And loud?" }, deps);
  await market.relay();
  const staff = await market.user("sol", "operator");
  const { shows, press, ran } = openAt(t, market, staff, "questions");
  await shows("2 questions wait for their answer", "Is it 明るい?", "And loud?", "ana@example.com");
  press("\r");
  await shows("台灯 Lamp", "unanswered");
  press("a");
  await shows("answer", "delete");
  press("\r");
  await shows("TEXT");
  press("Yes, very");
  await shows("Yes, very");
  press("\r");
  await expect.poll(() => ran, { timeout: WAIT_MS }).toEqual([["answer", id, "Yes, very"]]);
});

test("who may not answer is told why", async (t) => {
  const market = await testMarketplace(t);
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const { id: publication } = await market.publication(ana);
  await ask({ actor: carla, publication, text: "Is it new?" }, market.deps);
  await market.relay();
  const { shows, press } = openAt(t, market, await market.user("sol", "support"), "questions");
  await shows("1 question waits");
  press("\r");
  await shows("Lamp");
  press("a");
  await shows("its seller answers, or an operator");
});

test("a parcel goes from queue to queue, and its order's story stands beside it", async (t) => {
  const sale = await testSale(t);
  sale.later(0.01);
  const { shows, press } = openAt(t, sale.market, sale.staff, "shipments");
  await shows("1 to dispatch", "0 late", sale.orderId.slice(0, 13), "pending");
  await sale.bring("shipped");
  sale.later(30);
  press("fR");
  await shows("0 to dispatch", "1 late", "shipped", "show late");
  press("\r");
  await shows(sale.orderId, "payment", "carla");
});

test("a message that failed is asked for again from its queue", async (t) => {
  const market = await testMarketplace(t);
  const id = newId();
  await market.deps.webhooks.receive({
    id,
    provider: "payments",
    providerEventId: "evt_1",
    body: '{"id":"evt_1"}',
    receivedAt: market.deps.now(),
  });
  const staff = await market.user("sol", "support");
  const { shows, press, ran } = openAt(t, market, staff, "payments");
  await shows("0 open payments", "1 open webhook", "nothing waits here");
  press("ff");
  await shows("received", "payments", "0 attempts");
  press("\r");
  await shows("about nothing of ours", "evt_1");
  press("a");
  await shows("ask for it again");
  press("\r");
  await shows("type yes");
  press("yes\r");
  await expect.poll(() => ran, { timeout: WAIT_MS }).toEqual([["webhook", "resend", id]]);
});

test("stores answer, and one key a period shows the figures of each", async (t) => {
  const market = await testMarketplace(t);
  const { shows, press } = openAt(t, market, await market.user("sol", "operator"), "stores");
  await shows("aurora", "● up", "relay", "graph dump", "read and");
  press("5");
  await shows("today until", "beside a week ago");
  press("w");
  await shows("this week until", "beside last week");
  press("m");
  await shows("this month until");
  press("d");
  await shows("today until");
});

const PERIOD: PeriodFigures = {
  from: "2026-11-24T03:00:00.000Z",
  until: "2026-11-24T14:30:00.000Z",
  money: [{ currency: "ARS", placed: 30, totalMinor: 300_000 }],
  orders: 30,
  funnel: {
    ...{ home: 400, search: 300, view: 200, buy: 30 },
    ...{ pay: 25, ship: 20, deliver: 10, review: 4 },
  },
  approvalRate: 0.9,
  inState: { reserved: 60, paid: 86_400, shipped: 259_200, delivered: null },
  lateRate: 0.1,
  nonConformityRate: 0,
  emptySearchRate: 0.25,
};
const FIGURES: TodayFigures = {
  period: "day",
  timeZone: "America/Argentina/Buenos_Aires",
  now: PERIOD,
  before: { ...PERIOD, orders: 40, approvalRate: 0.8, lateRate: 0.2, nonConformityRate: null },
  series: {
    labels: Array.from({ length: 24 }, (_, hour) => `2026-11-24T${hour}`),
    now: Array.from({ length: 24 }, (_, hour) => (hour > 11 ? null : hour)),
    before: Array.from({ length: 24 }, () => 22),
  },
  topCategories: [
    { category: "灯と\u001b[31mランプ", currency: "ARS", units: 4, totalMinor: 4_000 },
  ],
  emptySearches: [{ words: "einhorn", searches: 3 }],
  heat: {
    weeks: 4,
    rows: Array.from({ length: 7 }, () => Array.from({ length: 24 }, (_, h) => h)),
  },
  behindMs: 0,
};

test.for([60, 80, 200])("the figures of a day fit into %i columns", (columns, t) => {
  const lines = ANALYTICS.summary(FIGURES, { columns, now: PERIOD.until }).map(plain);
  const text = lines.join("\n");
  for (const part of [
    ...["▼ 25.0%", "▲ 10.0 points", "▼ 10.0 points", "einhorn", "1.0 d", "3.0 d"],
    ...["15.0%", "Mon", "░", "█"],
  ])
    t.expect(text).toContain(part);
  t.expect(text).not.toContain("\u001b");
  const [now, before] = lines.filter((line) => /(today|a week ago) +[▁█]/.test(line));
  t.expect(now).toMatch(/▁▁▂▂▂▃▃▃▄▄▄▅|▁▁▁▁▂▂▂▂▂▂▃▃▃▃▃▃▄▄▄▄▄▄▅▅/);
  t.expect(before).toContain("████");
  const bare = ANALYTICS.summary(
    { ...FIGURES, topCategories: [] },
    { columns, now: PERIOD.until },
  ).map((line) => paintLine(line, { colour: false, unicode: false }));
  // Bold, faint and inverse are no colours.
  t.expect(stripVTControlCharacters(bare.join(""))).toMatch(/^[\x20-\x7e]*$/);
});
