import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type SimulatorReport, showSimulators } from "../../operations/drive-simulators.ts";
import { block } from "../../output/story.ts";
import { ahead } from "../clock/show.ts";
import { examples } from "../parse.ts";

export function registerSimulatorShow(simulator: Command, mkt: Context): void {
  simulator
    .command("show")
    .summary("show how the simulated providers stand")
    .description(
      "Show the simulated providers' clock, what goes wrong there, and how many things stand in which state. For operators, on the local profile.",
    )
    .addHelpText("after", examples("mkt simulator show", "mkt simulator show --json"))
    .action(async () => {
      const actor = await mkt.actor("simulator show");
      mkt.print(await showSimulators({ actor }, mkt.deps()), simulatorBlock);
    });
}

/** The simulators as people read them. */
export function simulatorBlock({ now, offsetMs, faults, counts }: SimulatorReport): string {
  const { seed, delayMs, ...likely } = faults;
  const wrong = Object.entries(likely)
    .filter(([, often]) => often > 0)
    .map(([name, often]) => `${name} ${often}`);
  if (delayMs[1] > 0) wrong.push(`delay ${delayMs[0]}ms..${delayMs[1]}ms`);
  const listed = (states: Record<string, number>) =>
    Object.entries(states)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "nothing yet";
  return block([
    ["time", offsetMs === 0 ? now : `${now}, ${ahead(offsetMs)} ahead of real time`],
    ["faults", wrong.length === 0 ? "none" : `${wrong.join(", ")} (seed ${seed})`],
    ["payments", listed(counts.payments)],
    ["shipping", listed(counts.shipping)],
  ]);
}
