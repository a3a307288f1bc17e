import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import type { Scenario } from "../domain/scenario.ts";
import { MktError } from "../errors.ts";
import { renderJunit } from "../output/junit.ts";
import { examples } from "./parse.ts";
import { eventFollower, playScenario, readScenario } from "./scenario.ts";
import { withFormats } from "./special-formats.ts";

const CHECK_FAILED_EXIT = 9;

interface PlayedStep {
  command: string;
  passed: boolean;
  problem: string | null;
  seconds: number;
}

interface PlayedScenario {
  file: string;
  name: string;
  passed: boolean;
  steps: PlayedStep[];
  /** How many steps were not tried because one before them failed. */
  untried: number;
}

export function registerRun(program: Command, mkt: Context): void {
  withFormats(program.command("run"), "junit")
    .summary("play scenarios")
    .description(
      "Play scenarios: lists of commands with references, expected results and errors. All are played; exit 9 when one is not as expected.",
    )
    .argument("<files...>", "YAML files; fixtures/ has some")
    .option("--watch-events", "show the events as they fall")
    .addHelpText(
      "after",
      examples(
        "mkt run fixtures/demo.yaml",
        "mkt run fixtures/*.yaml -o junit > report.xml",
        "mkt run fixtures/lost-parcel.yaml --watch-events",
      ),
    )
    .action(async (files, { watchEvents = false }) => {
      const scenarios = [];
      for (const file of files) scenarios.push({ file, scenario: await readScenario(file) });
      const stopping = mkt.stopping();
      const events = watchEvents
        ? await eventFollower(await mkt.actor("run"), mkt)
        : async () => [];
      const played: PlayedScenario[] = [];
      for (const { file, scenario } of scenarios) {
        played.push(await play(scenario, file, mkt, stopping, events));
      }
      if (played.some(({ passed }) => !passed)) mkt.setExitCode(CHECK_FAILED_EXIT);
      if (mkt.format() === "junit") mkt.streams.stdout.write(renderJunit(played.map(suite)));
      else mkt.print({ passed: played.every(({ passed }) => passed), items: played }, summary);
    });
}

async function play(
  scenario: Scenario,
  file: string,
  mkt: Context,
  stopping: AbortSignal,
  events: () => Promise<string[]>,
): Promise<PlayedScenario> {
  const { name } = scenario;
  const steps: PlayedStep[] = [];
  mkt.notice(name);
  let since = performance.now();
  for await (const { command, problem } of playScenario(scenario, file, mkt)) {
    const seconds = Math.round(performance.now() - since) / 1_000;
    steps.push({ command, passed: problem === undefined, problem: problem ?? null, seconds });
    const verdict = problem === undefined ? "ok  " : "FAIL";
    mkt.notice(`${verdict} mkt ${command}${problem ? `\n     ${problem}` : ""}`);
    for (const event of await events()) mkt.notice(`     ${event}`);
    if (problem !== undefined) break;
    if (stopping.aborted) {
      const done = `stopped after ${steps.length} of ${scenario.steps.length} steps of ${name}`;
      throw new MktError("interrupted", done);
    }
    since = performance.now();
  }
  const passed = steps.every((step) => step.passed);
  return { file, name, passed, steps, untried: scenario.steps.length - steps.length };
}

function suite({ name, steps, untried }: PlayedScenario) {
  const tried = steps.map(({ command, problem, seconds }) => {
    return { name: `mkt ${command}`, seconds, failure: problem ?? undefined };
  });
  const rest = Array.from({ length: untried }, (_, index) => {
    return { name: `step ${steps.length + index + 1}`, seconds: 0, skipped: true };
  });
  return { name, cases: [...tried, ...rest] };
}

function summary({ items }: { items: readonly PlayedScenario[] }): string {
  return items
    .map(({ name, passed, steps, untried }) => {
      const verdict = passed
        ? `all ${steps.length} steps as expected`
        : `step ${steps.length} of ${steps.length + untried} is not as expected`;
      return `${name}: ${verdict}`;
    })
    .join("\n");
}
