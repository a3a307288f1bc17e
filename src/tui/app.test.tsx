import { Terminal } from "@xterm/headless";
import { render } from "ink-testing-library";
import { expect, type TestContext, test } from "vitest";
import type { Invocation } from "../context.ts";
import type { Deps } from "../deps.ts";
import { App } from "./app.tsx";
import {
  type Board,
  type BoardOptions,
  changed,
  closeBoard,
  hear,
  openBoard,
  reload,
} from "./board.ts";
import { frameLines } from "./frame.ts";
import { press } from "./keys.ts";
import { linearLines } from "./linear.ts";
import { paintLine, plain, tone } from "./lines.ts";
import type { Page, Screen } from "./screen.ts";

interface Lamp {
  id: string;
  title: string;
}

const COUNT = 100_000;

/** A hundred thousand lamps in pages, and what was read of them. */
function lampScreen() {
  const world = { first: 0, reads: 0 };
  const screen: Screen<Page<Lamp>, Lamp, string> = {
    name: "lamps",
    title: "Lamps",
    description: "Lamps of every kind",
    filterHint: "a number",
    choices: [{ name: "sort", key: "s", description: "sort by", values: ["newest", "oldest"] }],
    load: async ({ filter, page: { from, limit } }) => {
      world.reads += 1;
      if (filter !== "") return pageOf([lamp(Number(filter))], 0, 1);
      const [first, last] = [world.first, COUNT];
      const start =
        from === "first"
          ? first
          : from === "last"
            ? last - limit
            : "after" in from
              ? Number(from.after)
              : Math.max(first, Number(from.upTo) - limit + 1);
      const end = Math.min(last, start + limit);
      const rows = Array.from({ length: end - start }, (_, index) => lamp(start + index));
      return pageOf(rows, start - first, last - end);
    },
    summary: () => [[" Lamps"]],
    list: {
      page: (page) => page,
      idOf: ({ id }) => id,
      cursorOf: ({ id }) => id,
      nothing: "there are no lamps",
      columns: [
        { title: "ID", width: 8, value: ({ id }) => id },
        { title: "TITLE", width: "rest", value: ({ title }) => title },
      ],
    },
    detail: {
      subject: ({ id }) => id,
      load: async (id) => `story of ${id}`,
      lines: (story) => [[tone(story, "bold")]],
      actions: (story) => [
        {
          title: "refund",
          command: `mkt payment refund ${story.slice(9)} --amount AMOUNT`,
          blockedBy: null,
          confirm: { word: "refund", sentence: "Gives money back." },
        },
        { title: "ship", command: "mkt ship 1", blockedBy: "it is lost", confirm: null },
      ],
    },
    snapshot: (page) => page.rows,
  };
  return { screen, world };
}

const lamp = (number: number): Lamp => ({
  id: String(number),
  title: `読書灯 lamp \u001b[2J ${number}`,
});
const pageOf = (rows: Lamp[], before: number, after: number): Page<Lamp> => ({
  rows,
  hasBefore: before > 0,
  hasAfter: after > 0,
  total: COUNT,
});

function setup(t: TestContext, options: Partial<BoardOptions> = {}) {
  const { screen, world } = lampScreen();
  const ran: string[] = [];
  const left: number[] = [];
  const run = async (words: readonly string[]): Promise<Invocation> => {
    ran.push(words.join(" "));
    return {
      exitCode: 4,
      stdout: "",
      stderr: "mkt: it is too late [conflict]\n  hint: mkt order why 1\n",
    };
  };
  const deps = {
    now: () => "2026-11-24T12:00:00.000Z",
    profile: { name: "local", timeZone: "America/Argentina/Buenos_Aires" },
  } as Deps;
  const actor = { userId: "1", roles: [], operatorId: null };
  const board = openBoard(
    {
      reach: { deps, actor },
      screens: [screen, { ...screen, name: "more", title: "More" }],
      theme: { colour: true, unicode: true },
      profile: { name: "local", live: false },
      commands: [{ path: "order show", summary: "show an order" }],
      run,
      typedBefore: ["--as", "ana"],
      stores: async () => [],
      copy: () => undefined,
      save: async () => "/tmp/done.sh",
      quit: (code) => left.push(code),
      ...options,
    },
    { columns: 80, rows: 24 },
  );
  t.onTestFinished(() => closeBoard(board));
  return { board, world, ran, left };
}

const shown = (board: Board) => frameLines(board).map(plain);
const selected = (board: Board) => shown(board).find((line) => line.startsWith("▸")) ?? "";
const keys = (board: Board, ...pressed: string[]) => {
  for (const one of pressed) press(board, one);
};
const loaded = async (board: Board, text: string) =>
  expect.poll(() => shown(board).join("\n"), { timeout: 5_000 }).toContain(text);

async function opened(t: TestContext, options: Partial<BoardOptions> = {}) {
  const all = setup(t, options);
  reload(all.board);
  await loaded(all.board, "lamp");
  return all;
}

test("keys that arrive together are each handled", async (t) => {
  const { board } = await opened(t);
  const { stdin, lastFrame, unmount } = render(<App board={board} />);
  t.onTestFinished(unmount);
  stdin.write("jjj");
  await expect.poll(() => selected(board)).toContain("▸3 ");
  await expect.poll(() => lastFrame()).toContain("▸3 ");
});

test("a hundred thousand rows are walked with a few hundred of them in memory", async (t) => {
  const { board, world } = await opened(t);
  for (let step = 0; step < 40; step += 1) {
    keys(board, ..."jjjjjjjjjjjjjjjjjjjj");
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await loaded(board, "▸800 ");
  keys(board, "G");
  await loaded(board, `▸${COUNT - 1} `);
  keys(board, ...Array(200).fill("k"));
  await loaded(board, `▸${COUNT - 201} `);
  keys(board, "g");
  await loaded(board, "▸0 ");
  expect(world.reads).toBeLessThan(30);
});

test("the selection stays on its row when rows come before it", async (t) => {
  const { board, world } = await opened(t);
  keys(board, ..."jjjjj");
  world.first = -7;
  hear(board, { subjects: new Set() });
  await loaded(board, "-7 ");
  expect(selected(board)).toContain("▸5 ");
});

test("updates are read at most four times a second, however often the log tells something", async (t) => {
  const { board, world } = await opened(t);
  const before = world.reads;
  for (let news = 0; news < 100; news += 1) hear(board, { subjects: new Set() });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(world.reads - before).toBeLessThanOrEqual(1);
});

test("a filter narrows the list, and Esc shows all again but never leaves", async (t) => {
  const { board, left } = await opened(t);
  keys(board, "/", ..."77", "enter");
  await loaded(board, "/77");
  expect(selected(board)).toContain("▸77 ");
  keys(board, "esc");
  await loaded(board, "▸0 ");
  keys(board, "esc", "esc", "esc");
  expect(left).toEqual([]);
  keys(board, "q");
  keys(board, "ctrl-c");
  expect(left).toEqual([0, 130]);
});

test("rows of another filter are not meant by anything that is pressed", async (t) => {
  const { board } = await opened(t);
  await loaded(board, "a act");
  keys(board, "/", ..."77", "enter", "a");
  expect(shown(board).join("\n")).toContain("a: nothing is selected");
  expect(selected(board)).toBe("");
  await loaded(board, "▸77 ");
  keys(board, "a");
  expect(shown(board).join("\n")).toContain("What can be done");
});

test("what is typed after a wrong word is seen", async (t) => {
  const { board } = await opened(t);
  await loaded(board, "a act");
  keys(board, "a", "enter", "5", "enter", ..."yes", "enter");
  expect(shown(board).join("\n")).toContain("! not done: refund was to be typed");
  keys(board, ..."refu");
  expect(shown(board).join("\n")).toContain("Esc leaves it refu");
});

test("Enter confirms nothing that moves money: the word is typed, then the very command runs", async (t) => {
  const { board, ran } = await opened(t);
  await loaded(board, "a act");
  keys(board, "a", "enter", ..."200.00", "enter");
  expect(shown(board).join("\n")).toContain("mkt payment refund 0 --amount 200.00");
  keys(board, "enter", ..."yes", "enter");
  expect(ran).toEqual([]);
  keys(board, ..."refund", "enter");
  expect(ran).toEqual(["payment refund 0 --amount 200.00 --as ana"]);
  await loaded(board, "hint: mkt order why 1");
  keys(board, "esc", "@");
  expect(shown(board).join("\n")).toContain("mkt payment refund 0 --amount 200.00 --as ana");
});

test("on a live profile the profile's name is what is typed", async (t) => {
  const { board, ran } = await opened(t, { profile: { name: "shop", live: true } });
  await loaded(board, "a act");
  keys(board, "a", "enter", "5", "enter", ..."refund", "enter");
  expect(ran).toEqual([]);
  keys(board, ..."shop", "enter");
  expect(ran).toHaveLength(1);
  expect(shown(board)[0]).toContain("shop LIVE");
});

test("what is blocked says why, and so does a key that does nothing", async (t) => {
  const { board, ran } = await opened(t);
  await loaded(board, "a act");
  keys(board, "a", "down", "enter");
  expect(shown(board).join("\n")).toContain("! ship: it is lost");
  keys(board, "esc", "@");
  expect(shown(board).join("\n")).toContain("@: nothing was done from here yet");
  expect(ran).toEqual([]);
});

test("help is searched by typing, and says what a key does not do now", async (t) => {
  const { board } = await opened(t);
  keys(board, "?", ..."exact");
  const found = shown(board).join("\n");
  expect(found).toContain("the exact mkt commands");
  expect(found).toContain("nothing was done from here yet");
  expect(found).not.toContain("one row down");
});

test("the command line completes commands and goes to screens", async (t) => {
  const { board, ran } = await opened(t);
  keys(board, ":", ..."ord", "tab", ..."'a b'", "enter");
  expect(ran).toEqual(["order show a b --as ana"]);
  await loaded(board, "ended with 4");
  keys(board, "esc", ":", ..."more", "enter");
  expect(board.current).toBe(1);
  keys(board, ":", ..."watch --state paid", "enter");
  expect(shown(board).join("\n")).toContain("it wants a terminal of its own");
});

test.for([
  [80, 24],
  [200, 60],
  [60, 15],
])("%i by %i is filled to its last column, one row less than the terminal has", async ([
  columns = 0,
  rows = 0,
], t) => {
  const { board } = await opened(t);
  board.size = { columns, rows };
  changed(board);
  await loaded(board, columns >= 110 ? "story of 0" : "lamp");
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true });
  const lines = frameLines(board).map((line) => paintLine(line, board.options.theme));
  expect(lines).toHaveLength(rows - 1);
  await new Promise<void>((done) => terminal.write(lines.join("\r\n"), done));
  const { active } = terminal.buffer;
  const screen = Array.from(
    { length: rows },
    (_, y) => active.getLine(y)?.translateToString(true) ?? "",
  );
  expect(active.baseY).toBe(0);
  expect(screen.map((line) => line.trimEnd())).toEqual([
    ...shown(board).map((line) => line.trimEnd()),
    "",
  ]);
  expect(screen[0]).toContain("mkt  local  ● live");
  expect(screen.find((line) => line.startsWith("▸0 "))).toContain("読書灯");
  expect(screen[rows - 2]).toContain("Enter open");
});

test("too small a terminal is told so", (t) => {
  const { board } = setup(t);
  board.size = { columns: 59, rows: 15 };
  expect(shown(board).join(" ")).toContain("the dashboard needs 60×15; this is 59×15");
});

test("what is lost shows, in words", async (t) => {
  const { board } = await opened(t);
  board.lost = "Aurora cannot be reached";
  const lines = shown(board);
  expect(lines[0]).toContain("lost, trying again");
  expect(lines.join("\n")).toContain("! Aurora cannot be reached");
});

test("read out, the board is one thing after another with its name", async (t) => {
  const { board } = await opened(t);
  const heard = linearLines(board).map(plain);
  expect(heard[0]).toBe("Screen Lamps, 1 of 2, profile local.");
  expect(heard.join("\n")).toContain("Selected, row 1: id 0, title 読書灯 lamp");
  keys(board, "a", "enter");
  expect(linearLines(board).map(plain).join("\n")).toContain("refund: amount?");
});
