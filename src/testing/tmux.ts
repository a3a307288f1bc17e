import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const WAIT_MS = 30_000;
const POLL_MS = 60;

/** Whether tmux is installed. */
export const hasTmux = (): boolean => spawnSync("tmux", ["-V"]).status === 0;

export interface Size {
  columns: number;
  rows: number;
}

/** A pane of a real terminal multiplexer, with a shell in it. */
export interface Pane {
  /** Presses keys by tmux's names of them: Enter, Escape, Space, BTab, or a character. */
  press(...keys: string[]): void;
  /** Types a text as it is. */
  type(text: string): void;
  /** What is on the screen, one line each. */
  lines(): string[];
  /** The same with the colours and looks of everything. */
  painted(): string[];
  /** Waits until all of this is on the screen; gives the lines. */
  shows(...wanted: (string | RegExp)[]): Promise<string[]>;
  /** Waits until the lines are as they should be: `check` throws while they are not. */
  until(check: (lines: string[]) => void): Promise<string[]>;
  resize(size: Size): void;
  /** What was copied last. */
  copied(): string;
  close(): void;
}

export interface Tmux {
  /** Where its shells begin; gone when it is closed. */
  directory: string;
  open(size: Size, env?: Readonly<Record<string, string>>): Promise<Pane>;
  close(): Promise<void>;
}

/** A tmux of a test's own, with nobody's settings, which knows nothing of others that run. */
export async function openTmux(): Promise<Tmux> {
  if (!hasTmux()) throw new Error("there is no tmux: apt-get install tmux");
  const directory = await mkdtemp(join(tmpdir(), "mkt-tmux-"));
  const socket = join(directory, "tmux");
  // Not every shell takes its prompt from the environment.
  const rc = join(directory, "rc");
  await writeFile(rc, `PS1='${PROMPT}'\n`);
  const base = { HOME: directory, PATH: process.env.PATH, LANG: "C.UTF-8", TERM: "xterm-256color" };
  const tmux = (...argv: string[]): string => {
    const whole = ["-u", "-S", socket, "-f", "/dev/null", ...argv];
    const options = { encoding: "utf8", env: base, cwd: directory } as const;
    return execFileSync("tmux", whole, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  };
  let count = 0;

  const open: Tmux["open"] = async ({ columns, rows }, env = {}) => {
    count += 1;
    const target = `pane-${count}`;
    const settings = Object.entries({ ENV: rc, ...env }).flatMap(([name, value]) => {
      return ["-e", `${name}=${value}`];
    });
    tmux(
      ...["start-server", ";", "set", "-g", "status", "off", ";"],
      ...["set", "-s", "set-clipboard", "on", ";", "set", "-s", "exit-empty", "off", ";"],
      ...["new-session", "-d", "-s", target, "-x", `${columns}`, "-y", `${rows}`],
      ...[...settings, "exec sh -i"],
    );
    const capture = (...how: string[]) => {
      return tmux("capture-pane", "-p", ...how, "-t", target)
        .replace(/\n$/, "")
        .split("\n");
    };
    const lines = () => capture();
    const until: Pane["until"] = async (check) => {
      const deadline = Date.now() + WAIT_MS;
      for (;;) {
        const found = lines();
        try {
          check(found);
          return found;
        } catch (error) {
          if (Date.now() > deadline) throw new Error(`${error}\nThe screen:\n${found.join("\n")}`);
        }
        await pause(POLL_MS);
      }
    };
    const pane: Pane = {
      press: (...keys) => void tmux("send-keys", "-t", target, ...keys),
      type: (text) => void tmux("send-keys", "-t", target, "-l", text),
      lines,
      painted: () => capture("-e"),
      shows: (...wanted) =>
        until((found) => {
          const text = found.join("\n");
          const missing = wanted.filter((one) => {
            return typeof one === "string" ? !text.includes(one) : !one.test(text);
          });
          if (missing.length > 0) throw new Error(`it does not show ${missing.join(" and ")}`);
        }),
      until,
      resize: (size) =>
        void tmux("resize-window", "-t", target, "-x", `${size.columns}`, "-y", `${size.rows}`),
      copied: () => tmux("show-buffer"),
      close: () => void tmux("kill-session", "-t", target),
    };
    await pane.shows(PROMPT.trim());
    return pane;
  };

  const close = async () => {
    if (count > 0) tmux("kill-server");
    await rm(directory, { recursive: true });
  };
  return { directory, open, close };
}

/** What the shell asks with. */
export const PROMPT = "shell> ";
