import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { type IPty, spawn } from "@lydell/node-pty";
import { Terminal } from "@xterm/headless";
import { expect, test } from "vitest";
import { type Config, loadConfig, packageDirectory } from "../src/config.ts";
import { type Deps, openDeps } from "../src/deps.ts";
import type { Actor } from "../src/domain/actor.ts";
import { newId } from "../src/domain/ids.ts";
import { categoriesNamed } from "../src/operations/manage-categories.ts";
import { type Draft, publish } from "../src/operations/publish.ts";
import { startLocalStack } from "../src/testing/local-stack.ts";

/** How many orders there are before it begins, and for how long so many more are placed each second. */
const ORDERS = Number(process.env.MKT_BENCH_ORDERS ?? 100_000);
const RATE = Number(process.env.MKT_BENCH_RATE ?? 100);
/** 3600 for the hour of the record. */
const SECONDS = Number(process.env.MKT_BENCH_SECONDS ?? 60);
/** A marketplace that is there already, with its orders; undefined: one is made, and taken away. */
const HOME = process.env.MKT_BENCH_HOME;

const [COLUMNS, ROWS] = [120, 40];
const TICK_MS = 20;
const KEY_EVERY_MS = 1_000;
const PROBE_EVERY_MS = 5_000;
const SETTLE_MS = 500;
/** As much of an id as the list shows. */
const ID_COLUMNS = 14;
const MEMORY_EVERY_MS = 10_000;
const WAIT_MS = 30_000;
/** A third above what it comes to within its first minute, however long it stays open then. */
const MEMORY_MB_MAX = 300;
const PUBLICATIONS = 20;
const IN_FLIGHT_MAX = 16;
/** With it every frame begins. */
const FRAME = "\u001b[H";
const ESCAPE = "\u001b";

const run = promisify(execFile);
const program = join(packageDirectory(), "bin/mkt.js");

/**
 * The built dashboard in a terminal of its own over a large marketplace, while orders are placed by the
 * transaction that `mkt buy` ends with. Prints how soon an order of somebody else shows, how soon a key does, how many bytes a
 * frame has, and how much memory it takes.
 */
test("the dashboard while orders are placed", async () => {
  const stack = HOME === undefined ? await startLocalStack() : undefined;
  const config = stack?.config ?? loadConfig({ ...process.env, MKT_HOME: HOME });
  const env = { ...process.env, MKT_HOME: config.home };
  const { deps, close } = openDeps(config, { notice: () => undefined });
  try {
    if (stack) {
      const seed = ["seed", "--seed", "1", "--direct", "--orders", String(ORDERS), "--yes"];
      await run(process.execPath, [program, ...seed], { env });
    }
    const shop = await openShop(deps);
    const board = await openDashboard(config);
    try {
      await measure(board, shop);
    } finally {
      board.close();
    }
  } finally {
    await close();
    await stack?.remove();
  }
});

interface Shop {
  deps: Deps;
  sellerId: string;
  /** Buys most of it, and who is looked for. */
  buyer: Actor;
  probe: Actor;
  probeEmail: string;
  publications: string[];
}

async function openShop(deps: Deps): Promise<Shop> {
  const name = newId();
  const register = async (who: string): Promise<Actor> => {
    const id = newId();
    const email = `${who}-${name}@example.com`;
    const row = { id, email, emailFolded: email, name: who, address: `${who}'s street 1` };
    await deps.users.register(
      { ...row, passwordHash: "-", createdAt: deps.now() },
      `user:${id}`,
      [],
    );
    return { userId: id, roles: [], operatorId: null };
  };
  const [seller, buyer, probe] = [
    await register("seller"),
    await register("buyer"),
    await register("probe"),
  ];
  await categoriesNamed(["Bench"], { create: true, actor: seller }, deps);
  const publications: string[] = [];
  for (let number = 0; number < PUBLICATIONS; number += 1) {
    const draft: Draft = {
      title: `Lamp ${number}`,
      description: "A lamp",
      keywords: "",
      language: "en",
      priceMinor: 2_500,
      currency: deps.profile.currency,
      stock: 1_000_000,
      categories: ["Bench"],
      images: [],
      externalId: null,
    };
    publications.push((await publish({ actor: seller, draft, createCategories: false }, deps)).id);
  }
  return { deps, sellerId: seller.userId, buyer, probe, probeEmail: `probe-${name}`, publications };
}

/** As `mkt buy` does after the carrier's quote, which is no part of what is measured. */
async function place({ deps, sellerId, publications }: Shop, actor: Actor): Promise<string> {
  const id = newId();
  const publicationId = publications[Math.floor(Math.random() * publications.length)] ?? "";
  const { orders } = await deps.purchases.place({
    ...{ id, key: id, requestDigest: "-", buyerId: actor.userId, shipTo: "Street 1" },
    wanted: [{ publicationId, quantity: 1 }],
    shippingMinor: new Map([[sellerId, 1_000]]),
    at: deps.now(),
  });
  return orders[0]?.id ?? "";
}

/** Places so many orders a second until it is told to stop, or fewer where no more can be done. */
function placeMany(shop: Shop): { stop(): Promise<number> } {
  const underWay = new Set<Promise<unknown>>();
  let [placed, failed] = [0, 0];
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1_000) * RATE - placed - underWay.size;
    const room = IN_FLIGHT_MAX - underWay.size;
    for (let left = Math.min(due, room); left >= 1; left -= 1) {
      const order = place(shop, shop.buyer)
        .then(() => {
          placed += 1;
        })
        .catch(() => {
          failed += 1;
        })
        .finally(() => underWay.delete(order));
      underWay.add(order);
    }
  }, TICK_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      expect(failed).toBe(0);
      return placed;
    },
  };
}

interface Dashboard {
  pid: number;
  /** Bytes of each frame, of all of them so far. */
  frames: number[];
  press(keys: string): void;
  /** Every line of the screen, as text. */
  lines(): string[];
  /** What the line shows that is marked as selected; undefined: none is. */
  selected(): string | undefined;
  /** How long it takes from now until this holds, in milliseconds. */
  until(holds: () => boolean): Promise<number>;
  close(): void;
}

async function openDashboard({ home }: Config): Promise<Dashboard> {
  const env = {
    ...process.env,
    MKT_HOME: home,
    CI: "false",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
  };
  const pty: IPty = spawn(process.execPath, [program, "dashboard"], {
    cols: COLUMNS,
    rows: ROWS,
    env,
  });
  const terminal = new Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const frames: number[] = [];
  const waiting = new Set<() => void>();
  pty.onData((data) => {
    const [head = "", ...starts] = data.split(FRAME);
    frames.push((frames.pop() ?? 0) + Buffer.byteLength(head));
    for (const start of starts) frames.push(Buffer.byteLength(start) + FRAME.length);
    terminal.write(data, () => {
      for (const look of waiting) look();
    });
  });
  const buffer = () => terminal.buffer.active;
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const board: Dashboard = {
    pid: pty.pid,
    frames,
    press: (keys) => pty.write(keys),
    lines: () => rows.map((row) => buffer().getLine(row)?.translateToString(true) ?? ""),
    // The tabs above are marked as well.
    selected: () => {
      const row = rows.find((at) => at > 2 && buffer().getLine(at)?.getCell(2)?.isInverse());
      return row === undefined ? undefined : board.lines()[row]?.slice(0, ID_COLUMNS);
    },
    until: async (holds) => {
      const startMs = performance.now();
      await new Promise<void>((resolve, reject) => {
        const end = () => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error(`the dashboard does not show it:\n${board.lines().join("\n")}`));
        }, WAIT_MS);
        const look = () => {
          if (!holds()) return;
          end();
          resolve();
        };
        waiting.add(look);
        look();
      });
      return performance.now() - startMs;
    },
    close: () => pty.kill(),
  };
  await board.until(() => board.selected() !== undefined);
  return board;
}

const shows = ({ lines }: Dashboard, text: string) => lines().some((line) => line.includes(text));

async function measure(board: Dashboard, shop: Shop): Promise<void> {
  const [keys, probes, memory]: [number[], number[], number[]] = [[], [], [await rssMb(board.pid)]];
  // Two orders to move between.
  await place(shop, shop.probe);
  await place(shop, shop.probe);
  const many = placeMany(shop);
  const startMs = performance.now();
  const halfMs = (SECONDS * 1_000) / 2;
  const [cpuBefore, framesBefore] = [await cpuMs(board.pid), board.frames.length];
  let [nextProbeMs, nextMemoryMs] = [0, MEMORY_EVERY_MS];
  let isFiltered = false;
  for (let passedMs = 0; passedMs < SECONDS * 1_000; passedMs = performance.now() - startMs) {
    if (!isFiltered && passedMs >= halfMs) {
      board.press("/");
      await pause(KEY_EVERY_MS);
      board.press(`${shop.probeEmail}\r`);
      await pause(2_000);
      isFiltered = true;
      nextProbeMs = passedMs;
    }
    keys.push(await pressAKey(board, isFiltered));
    if (isFiltered && passedMs >= nextProbeMs) {
      nextProbeMs += PROBE_EVERY_MS;
      const id = await place(shop, shop.probe);
      probes.push(await board.until(() => shows(board, id.slice(0, 13))));
    }
    if (passedMs >= nextMemoryMs) {
      nextMemoryMs += MEMORY_EVERY_MS;
      memory.push(await rssMb(board.pid));
    }
    await pause(KEY_EVERY_MS);
  }
  const tookSeconds = (performance.now() - startMs) / 1_000;
  const placed = await many.stop();
  const frames = board.frames.slice(framesBefore);
  const cpu = ((await cpuMs(board.pid)) - cpuBefore) / 10 / tookSeconds;
  say(
    `placed ${placed} orders in ${tookSeconds.toFixed(0)} s (${(placed / tookSeconds).toFixed(0)}/s)`,
  );
  say(`an order of another shell shows after ${spread(probes)} ms`);
  say(`a key shows after ${spread(keys)} ms`);
  say(
    `${frames.length} frames (${(frames.length / tookSeconds).toFixed(1)}/s), ${spread(frames)} bytes each`,
  );
  say(`memory ${memory.map((mb) => mb.toFixed(0)).join(", ")} MB; processor ${cpu.toFixed(0)} %`);
  // A whole screen with its colours: nothing is drawn twice.
  expect(Math.max(...frames)).toBeLessThan(COLUMNS * ROWS * 4);
  expect(Math.max(...memory)).toBeLessThan(MEMORY_MB_MAX);
}

/**
 * Presses a key and waits for the frame that shows it: help opens, or the selection moves. Among rows to which others
 * come, nobody could tell who moved it.
 */
async function pressAKey(board: Dashboard, isFiltered: boolean): Promise<number> {
  if (!isFiltered || Math.random() < 0.5) {
    board.press("?");
    const took = await board.until(() => shows(board, "one row down"));
    board.press(ESCAPE);
    await board.until(() => !shows(board, "one row down"));
    return took;
  }
  // From the first row on there is always one below.
  board.press("g");
  await pause(SETTLE_MS);
  const before = board.selected();
  board.press("j");
  const took = await board.until(() => board.selected() !== before);
  return took;
}

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

/** Time of the processor that a process has taken, in milliseconds: the kernel counts hundredths of seconds. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return `median ${at(0.5)}, p95 ${at(0.95)}, at most ${at(1)}`;
}

const say = (text: string) => process.stdout.write(`dashboard: ${text}\n`);
