import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { render } from "ink";
import { createElement } from "react";
import type { Context } from "../context.ts";
import type { Actor } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { stackStatus } from "../operations/drive-stack.ts";
import { App } from "./app.tsx";
import {
  type Board,
  changed,
  closeBoard,
  hear,
  openBoard,
  reload,
  say,
  screenOf,
} from "./board.ts";
import { coalesced } from "./coalesce.ts";
import { followLog } from "./live.ts";
import { SCREENS } from "./screens/all.ts";
import { clipboardCode, fromTheTop, showsUnicode, takeScreen } from "./terminal.ts";

const STORES_MS = 2_000;
const CLOCK_MS = 1_000;
const MAX_FPS = 60;
/** A size that stays for so long is the one to draw for. */
const SETTLE_MS = 60;

/** What the dashboard is opened with. */
export interface DashboardOptions {
  actor: Actor;
  /** What the command line knows beside the screens. */
  commands: readonly { path: string; summary: string }[];
  /** The screen that it begins with, by its name. */
  screen: string | undefined;
}

/** Shows the dashboard until somebody quits; gives the exit code. */
export async function runDashboard(mkt: Context, options: DashboardOptions): Promise<number> {
  const { env } = mkt.streams;
  const [stdin, stdout] = [mkt.streams.stdin, mkt.streams.stdout] as [
    NodeJS.ReadStream,
    NodeJS.WriteStream,
  ];
  const isHeard = Boolean(env.INK_SCREEN_READER === "true" || env.ACCESSIBLE);
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  let quit: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    quit = resolve;
  });
  const stopping = new AbortController();
  const board = openBoard(
    {
      reach: { deps: mkt.deps(), actor: options.actor },
      screens: SCREENS,
      theme: { colour: mkt.terminal.colour, unicode: showsUnicode(env) },
      profile: mkt.config().profile,
      commands: options.commands,
      run: (words) => mkt.invoke(words, ""),
      typedBefore: typedBefore(mkt),
      stores: async () => (await stackStatus(mkt.deps())).stores,
      copy: (text) => void stdout.write(clipboardCode(text)),
      save: saveCommands,
      quit,
    },
    size(),
  );
  board.current = Math.max(
    0,
    SCREENS.findIndex(({ name }) => name === options.screen),
  );

  // What is heard goes line after line: there another screen would take it away.
  const screen = isHeard
    ? undefined
    : takeScreen({ ...mkt.streams, stdin }, (text) => text && say(board, text));
  const app = render(createElement(App, { board }), {
    stdout: screen ? fromTheTop(stdout) : stdout,
    stdin,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: MAX_FPS,
    incrementalRendering: true,
    isScreenReaderEnabled: isHeard,
  });
  let settling: NodeJS.Timeout | undefined;
  const resized = () => {
    clearTimeout(settling);
    // An empty frame in between, so that Ink draws every line of the next one.
    board.isResizing = true;
    changed(board);
    settling = setTimeout(() => {
      screen?.wipe();
      Object.assign(board, { isResizing: false, size: size() });
      changed(board);
    }, SETTLE_MS);
  };
  stdout.on("resize", resized);
  try {
    const followed = keepCurrent(board, stopping.signal);
    reload(board);
    // A frame that cannot be drawn ends it.
    const drawn = app.waitUntilExit().then(() => 0);
    return await Promise.race([ended, followed, drawn]);
  } finally {
    stopping.abort();
    stdout.off("resize", resized);
    clearTimeout(settling);
    closeBoard(board);
    app.unmount();
    screen?.leave();
  }
}

/** Follows the log, the stores and the clock until the signal aborts; only rejects. */
async function keepCurrent(board: Board, stop: AbortSignal): Promise<never> {
  const stores = coalesced(async () => {
    try {
      board.stores = await board.options.stores();
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof MktError)) throw error;
      board.stores = [];
    }
    changed(board);
  }, STORES_MS / 2);
  let seconds = 0;
  const clock = setInterval(() => {
    seconds += 1;
    const { everySeconds } = screenOf(board);
    if (everySeconds !== undefined && seconds % everySeconds === 0) board.loads.screen.ask();
    changed(board);
  }, CLOCK_MS);
  const health = setInterval(stores.ask, STORES_MS);
  stores.ask();
  stop.addEventListener("abort", () => {
    clearInterval(clock);
    clearInterval(health);
    stores.close();
  });
  await followLog(
    board.options.reach,
    {
      onNews: (news) => hear(board, news),
      onLost: (reason) => {
        board.lost = reason;
        changed(board);
      },
      onFound: () => {
        board.lost = null;
        say(board, "the connection is back");
        reload(board);
      },
    },
    stop,
  );
  return new Promise<never>(() => undefined);
}

/** The options that a command needs to do the same for the same person: the profile goes along by itself. */
function typedBefore(mkt: Context): string[] {
  const { as, reason } = mkt.options();
  return [...(as ? ["--as", as] : []), ...(reason ? ["--reason", reason] : [])];
}

/** A new file where the dashboard was opened; never one that is there already. */
async function saveCommands(text: string): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  const path = join(process.cwd(), `mkt-done-${stamp}.sh`);
  await writeFile(path, `#!/bin/sh -e\n${text}`, { flag: "wx", mode: 0o700 });
  return path;
}
