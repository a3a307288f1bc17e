import { join } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import { Terminal } from "@xterm/headless";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { type LocalStack, startLocalStack } from "../src/testing/local-stack.ts";

const TIMEOUT_MS = 120_000;
const WAIT_MS = 30_000;
const LEAVES = "\u001b[?1049l";

let stack: LocalStack;
let publication: string;
beforeAll(async () => {
  stack = await startLocalStack();
  const [ana] = [await stack.register("ana"), await stack.register("carla")];
  const published = [
    "publish",
    "--title",
    "Lamp 台灯",
    "--price",
    "25.00",
    "--stock",
    "50",
    "--as",
    ana,
  ];
  ({ id: publication } = await stack.json<{ id: string }>(published));
}, TIMEOUT_MS);
afterAll(() => stack.remove(), TIMEOUT_MS);

const buy = async (): Promise<string> => {
  const bought = ["buy", publication, "--as", "carla@example.com"];
  const { orders } = await stack.json<{ orders: { id: string }[] }>(bought);
  return orders[0]?.id ?? "";
};

/** The built program in a terminal, and what that shows. */
function open(t: TestContext, { columns = 80, rows = 24, env = {} } = {}) {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true });
  const program = join(packageDirectory(), "bin", "mkt.js");
  const pty: IPty = spawn(process.execPath, [program, "dashboard"], {
    cols: columns,
    rows,
    // With CI set Ink draws nothing before its end.
    env: {
      PATH: process.env.PATH,
      MKT_HOME: stack.home,
      LANG: "C.UTF-8",
      CI: "false",
      TERM: "xterm-256color",
      ...env,
    },
  });
  let written = "";
  pty.onData((data) => {
    written += data;
    terminal.write(data);
  });
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  t.onTestFinished(() => {
    terminal.dispose();
    pty.kill("SIGKILL");
  });
  const lines = () => {
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, y) => {
      return active.getLine(active.baseY + y)?.translateToString(true) ?? "";
    });
  };
  const shows = (text: string) =>
    expect.poll(() => lines().join("\n"), { timeout: WAIT_MS, interval: 50 }).toContain(text);
  const resize = (cols: number, height: number) => {
    terminal.resize(cols, height);
    pty.resize(cols, height);
  };
  return { pty, terminal, ended, lines, shows, resize, written: () => written };
}

test(
  "what another shell does shows, the selection stays, and it is acted on like by a command",
  async (t) => {
    const first = await buy();
    const { pty, shows, lines, ended, terminal } = open(t);
    await shows(`▸${first.slice(0, 13)} reserved`);
    expect(terminal.buffer.active.type).toBe("alternate");
    const second = await buy();
    await shows(` ${second.slice(0, 13)} reserved`);
    await shows(`▸${first.slice(0, 13)} reserved`);
    pty.write("/");
    await shows("a state, stuck");
    pty.write("cancelled\r");
    await shows("nothing matches cancelled");
    pty.write("\u001b");
    await shows("1 of 2");
    pty.write("a");
    await shows(`$ mkt order cancel `);
    pty.write("\r");
    await shows("type cancel and Enter");
    pty.write("\r");
    await shows("not done");
    pty.write("cancel\r");
    await shows("Cancelled order");
    pty.write("@");
    await shows("Done from here");
    expect(lines().join("\n")).toMatch(/done +mkt order cancel [0-9a-f-]{36}/);
    pty.write("q");
    await shows("Enter open");
    pty.write("q");
    expect(await ended).toBe(0);
    const { items } = await stack.json<{ items: { state: string }[] }>(["order", "list"]);
    expect(items.map(({ state }) => state).toSorted()).toEqual(["cancelled", "reserved"]);
  },
  TIMEOUT_MS,
);

test(
  "every line is drawn again in another size, and the shell has its screen back",
  async (t) => {
    const { pty, shows, lines, resize, ended, terminal, written } = open(t);
    await shows("1 Orders");
    resize(200, 60);
    await shows("timeline");
    await shows("1 Orders");
    expect(lines()[0]).toContain("mkt  local  ● live");
    resize(50, 10);
    await shows("the dashboard needs 60×15");
    resize(80, 24);
    await shows("6 Stores");
    expect(lines()[22]).toContain("Enter open");
    pty.write("\u0003");
    expect(await ended).toBe(130);
    expect(terminal.buffer.active.type).toBe("normal");
    expect(written()).toContain(LEAVES);
  },
  TIMEOUT_MS,
);

const SIGNALS: { signal: NodeJS.Signals; code: number }[] = [
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGHUP", code: 129 },
];

for (const { signal, code } of SIGNALS) {
  test(`${signal} gives the terminal back and ends with ${code}`, {
    timeout: TIMEOUT_MS,
  }, async (t) => {
    const { pty, shows, ended, terminal } = open(t);
    await shows("1 Orders");
    process.kill(pty.pid, signal);
    expect(await ended).toBe(code);
    expect(terminal.buffer.active.type).toBe("normal");
  });
}

test(
  "with NO_COLOR and without UTF-8 it is drawn in plain ASCII",
  async (t) => {
    const { shows, lines, written, pty, ended } = open(t, { env: { NO_COLOR: "1", LANG: "C" } });
    await shows("1 Orders");
    await shows("* live");
    expect(lines().join("")).toMatch(/^[\x20-\x7e]*$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences.
    expect(written()).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|9[0-7])(?:;\d+)*m/);
    pty.write("q");
    expect(await ended).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "what is heard is read line by line, in the terminal's own screen",
  async (t) => {
    const { shows, terminal, pty, ended } = open(t, { env: { ACCESSIBLE: "1" } });
    await shows("Screen Orders, 1 of 6, profile local.");
    expect(terminal.buffer.active.type).toBe("normal");
    pty.write("q");
    expect(await ended).toBe(0);
  },
  TIMEOUT_MS,
);
