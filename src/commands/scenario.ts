import { dirname, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Context, Invocation } from "../context.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import {
  difference,
  fillIn,
  fillInAll,
  parseScenario,
  type Scenario,
  type Step,
  splitWords,
} from "../domain/scenario.ts";
import type { WriteObserver } from "../domain/store-write.ts";
import { positionBeforeLast, tailEvents } from "../operations/tail-events.ts";
import { readYaml } from "./parse.ts";

/** A step that was played: its command line as it ran, and what was not as expected. */
export interface Played {
  step: Step;
  command: string;
  outcome: Invocation;
  /** What it printed, parsed; undefined when it failed. */
  result: unknown;
  problem?: string;
}

/** What somebody who watches a scenario is told. */
interface Watch {
  before?: (command: string, step: Step) => void;
  observe?: WriteObserver;
}

const EVENTS_SHOWN = 200;
/** How long a step that is true eventually may take to be so. */
const EVENTUALLY_MS = 20_000;
const POLL_MS = 100;

export async function readScenario(file: string): Promise<Scenario> {
  return parseScenario(await readYaml("scenario", file, "fixtures/ has some"), file);
}

/**
 * Plays steps one after the other through the same way in as the command line. `${run}` is new each time,
 * so that a scenario can be played again; `${here}` is the scenario's folder.
 */
export async function* playScenario(
  scenario: Scenario,
  file: string,
  mkt: Context,
  { before, observe }: Watch = {},
): AsyncGenerator<Played> {
  const saved: Record<string, unknown> = { run: newId().slice(-8), here: resolve(dirname(file)) };
  for (const step of scenario.steps) {
    const words = splitWords(step.mkt).map((word) => fillIn(word, saved));
    const command = words
      .map((word) => (/[\s"]/.test(word) || word === "" ? JSON.stringify(word) : word))
      .join(" ");
    before?.(command, step);
    const deadline = performance.now() + (step.eventually ? EVENTUALLY_MS : 0);
    const attempt = async () => {
      const outcome = await mkt.invoke([...words, "--json"], step.stdin ?? "", observe);
      const result = outcome.exitCode === 0 ? parseJson(outcome.stdout) : undefined;
      return { outcome, result, problem: problemOf(step, outcome, result, saved) };
    };
    let tried = await attempt();
    while (tried.problem !== undefined && performance.now() < deadline) {
      await pause(POLL_MS);
      tried = await attempt();
    }
    const { outcome, result, problem } = tried;
    if (step.save && problem === undefined) saved[step.save] = result;
    yield { step, command, outcome, result, ...(problem !== undefined && { problem }) };
  }
}

function problemOf(
  step: Step,
  { exitCode, stderr }: Invocation,
  result: unknown,
  saved: Record<string, unknown>,
): string | undefined {
  if (step.error !== undefined) {
    if (exitCode === 0) return `it succeeded, where ${step.error} was expected`;
    const code = errorCode(stderr);
    return code === step.error
      ? undefined
      : `it failed with ${code}, not ${step.error}: ${stderr.trim()}`;
  }
  if (exitCode !== 0) return `it failed with exit code ${exitCode}: ${stderr.trim()}`;
  return step.expect === undefined ? undefined : difference(result, fillInAll(step.expect, saved));
}

function errorCode(stderr: string): string {
  const last = parseJson(stderr.trim().split("\n").at(-1) ?? "");
  const error =
    typeof last === "object" && last !== null && "error" in last ? last.error : undefined;
  return typeof error === "object" && error !== null && "code" in error
    ? String(error.code)
    : "no code";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Gives the types of the events since it was last asked, whoever caused them: commands, webhooks, timers. */
export async function eventFollower(actor: Actor, mkt: Context): Promise<() => Promise<string[]>> {
  let position = await positionBeforeLast({ count: 0, types: [], imported: false }, mkt.deps());
  return async () => {
    const events = await tailEvents(
      { actor, after: position, types: [], imported: false, limit: EVENTS_SHOWN },
      mkt.deps(),
    );
    position = events.at(-1)?.position ?? position;
    return events.map(({ type }) => type);
  };
}
