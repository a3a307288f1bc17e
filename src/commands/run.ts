import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { examples } from "./parse.ts";
import { playScenario, readScenario } from "./scenario.ts";

const CHECK_FAILED_EXIT = 9;

export function registerRun(program: Command, mkt: Context): void {
  program
    .command("run")
    .summary("play a scenario")
    .description(
      "Play a scenario: a list of commands with references, expected results and errors. Exit 9 when one is not as expected.",
    )
    .argument("<file>", "a YAML file; fixtures/ has some")
    .addHelpText("after", examples("mkt run fixtures/sale.yaml"))
    .action(async (file) => {
      const scenario = await readScenario(file);
      const stopping = mkt.stopping();
      const steps: { command: string; passed: boolean; problem: string | null }[] = [];
      for await (const { command, problem } of playScenario(scenario, file, mkt)) {
        steps.push({ command, passed: problem === undefined, problem: problem ?? null });
        mkt.notice(
          `${problem === undefined ? "ok  " : "FAIL"} mkt ${command}${problem ? `\n     ${problem}` : ""}`,
        );
        if (problem !== undefined) break;
        if (stopping.aborted)
          throw new MktError(
            "interrupted",
            `stopped after ${steps.length} of ${scenario.steps.length} steps`,
          );
      }
      const passed = steps.every((step) => step.passed);
      if (!passed) mkt.setExitCode(CHECK_FAILED_EXIT);
      mkt.print({ name: scenario.name, passed, steps }, () => {
        return `${scenario.name}: ${passed ? `all ${steps.length} steps as expected` : `step ${steps.length} of ${scenario.steps.length} is not as expected`}`;
      });
    });
}
