import { expect, type TestContext, test } from "vitest";
import type { Deps } from "../deps.ts";
import { type Board, closeBoard, openBoard, reload } from "./board.ts";
import { frameLines } from "./frame.ts";
import { press } from "./keys.ts";
import { linearLines } from "./linear.ts";
import { plain } from "./lines.ts";
import { sharedActions } from "./marked.ts";
import type { Action, Page, Screen } from "./screen.ts";

const IDS = ["a", "b", "c", "d", "e"].map(
  (letter) => `${letter.repeat(8)}-0000-7000-8000-000000000000`,
);

const LAMPS: Screen<Page<string>, string, string> = {
  name: "lamps",
  title: "Lamps",
  description: "Lamps of every kind",
  filterHint: "a number",
  choices: [{ name: "show", key: "f", description: "show", values: ["here", "there"] }],
  load: async () => ({ rows: IDS, hasBefore: false, hasAfter: false, total: IDS.length }),
  summary: () => [],
  list: {
    page: (page) => page,
    idOf: (id) => id,
    nothing: "there are no lamps",
    columns: [{ title: "LAMP", width: "rest", value: (id) => `lamp ${id.slice(0, 3)}` }],
  },
  detail: {
    subject: (id) => id,
    load: async (id) => id,
    lines: (id) => [[id]],
    actions: (id) => lampActions(id),
  },
  snapshot: (page) => page.rows,
};

function lampActions(id: string): Action[] {
  const refund: Action = {
    title: "refund",
    command: `mkt payment refund ${id} --reason TEXT`,
    blockedBy: null,
    confirm: { word: "refund", sentence: `Lamp ${id.slice(0, 3)}, ARS 10.00.` },
  };
  const polish: Action = {
    title: "polish",
    command: `mkt polish ${id}`,
    blockedBy: id.startsWith("c") ? "it is wet" : null,
    confirm: null,
  };
  const sell: Action = { title: "sell", command: `mkt sell ${id}`, blockedBy: null, confirm: null };
  // One of them was sold.
  return id.startsWith("a") ? [polish, refund] : [sell, refund, polish];
}

async function opened(t: TestContext, { fails = [] as string[] } = {}) {
  const ran: string[] = [];
  const held: (() => void)[] = [];
  const board = openBoard(
    {
      reach: {
        deps: { now: () => "2026-11-24T12:00:00.000Z", profile: { timeZone: "UTC" } } as Deps,
        actor: { userId: IDS[0] ?? "", roles: ["operator"], operatorId: null },
      },
      screens: [LAMPS as Screen],
      theme: { colour: false, unicode: true },
      profile: { name: "local", live: false },
      commands: [],
      run: async (words) => {
        ran.push(words.join(" "));
        await new Promise<void>((go) => held.push(go));
        const isBad = fails.some((id) => words.includes(id));
        const [stdout, stderr] = isBad ? ["", "mkt: it is lost [conflict]"] : ["done so", ""];
        return { exitCode: isBad ? 5 : 0, stdout, stderr };
      },
      typedBefore: [],
      stores: async () => [],
      copy: () => undefined,
      save: async () => "",
      quit: () => undefined,
    },
    { columns: 80, rows: 24 },
  );
  t.onTestFinished(() => closeBoard(board));
  reload(board);
  await shows(board, "▸lamp aaa");
  /** Lets the command that runs end, and the next begin. */
  const letGo = async () => {
    await expect.poll(() => held.length).toBeGreaterThan(0);
    held.shift()?.();
  };
  return { board, ran, letGo };
}

const textOf = (board: Board) => frameLines(board).map(plain).join("\n");
const shows = (board: Board, text: string) => expect.poll(() => textOf(board)).toContain(text);
const keys = (board: Board, ...pressed: string[]) => {
  for (const one of pressed) press(board, one);
};

test("Space marks rows and takes marks away, Esc takes all away", async (t) => {
  const { board } = await opened(t);
  keys(board, " ", " ");
  expect(textOf(board)).toContain("● 2 marked  3 of 5");
  expect(textOf(board)).toMatch(/^●lamp aaa.*\n●lamp bbb.*\n▸lamp ccc/m);
  expect(linearLines(board).map(plain)).toContain("Marked: 2.");
  keys(board, "k");
  expect(textOf(board)).toContain("◆lamp bbb");
  expect(linearLines(board).map(plain).join("\n")).toContain("row 2, marked: lamp lamp bbb");
  keys(board, " ");
  expect(textOf(board)).toContain("● 1 marked");
  keys(board, "esc");
  expect(textOf(board)).not.toContain("marked");
  keys(board, " ", "f");
  await shows(board, "show: there");
  expect(textOf(board)).not.toContain("marked");
});

test("what all marked rows share is done to each in turn, after one answer and one word", async (t) => {
  const { board, ran, letGo } = await opened(t);
  keys(board, " ", " ", "a");
  await shows(board, "What can be done with all 2 marked");
  await shows(board, "$ mkt payment refund … --reason TEXT");
  expect(textOf(board)).not.toContain("sell");
  keys(board, "j", "enter", ..."too bright", "enter");
  const asked = textOf(board);
  expect(asked).toContain("$ mkt payment refund … --reason 'too bright'");
  expect(asked).toMatch(/for each of these 2:.*● Lamp aaa, ARS 10.00.*● Lamp bbb, ARS 10.00/s);
  expect(asked).toContain("type refund and Enter for all 2");
  keys(board, "enter", ..."yes", "enter");
  expect(ran).toEqual([]);
  keys(board, ..."refund", "enter");
  await shows(board, "… 1 of 2: mkt payment refund");
  await letGo();
  await shows(board, "… 2 of 2: mkt payment refund");
  await letGo();
  await shows(board, "2 done");
  expect(ran).toEqual(IDS.slice(0, 2).map((id) => `payment refund ${id} --reason too bright`));
  expect(board.done).toHaveLength(2);
  expect(textOf(board)).not.toContain("marked");
});

test("what failed is told with its count and stays marked, and Esc stops after the one that runs", async (t) => {
  const { board, ran, letGo } = await opened(t, { fails: [IDS[1] ?? ""] });
  keys(board, "j", " ", "j", " ", " ", "a");
  await shows(board, "polish");
  keys(board, "enter", ..."yes", "enter");
  await letGo();
  await shows(board, "2 of 3: ");
  keys(board, "esc");
  await shows(board, "stops after this one");
  await letGo();
  await shows(board, "1 done; 1 failed, still marked; 1 not begun, still marked");
  expect(textOf(board)).toContain("mkt: it is lost [conflict]");
  expect(ran).toHaveLength(2);
  keys(board, "esc");
  expect(textOf(board)).toContain("● 2 marked");
});

test("what is blocked for one of them is blocked for all, and says for how many", () => {
  const rows = IDS.slice(1).map((id) => ({ ids: [id], actions: lampActions(id) }));
  const found = sharedActions(rows);
  expect(found.map(({ title, blockedBy }) => [title, blockedBy])).toEqual([
    ["sell", null],
    ["refund", null],
    ["polish", "1 of 4: it is wet"],
  ]);
  const twice = {
    ids: ["x"],
    actions: [...lampActions(IDS[1] ?? ""), ...lampActions(IDS[2] ?? "")],
  };
  expect(sharedActions([twice])).toEqual([]);
});
