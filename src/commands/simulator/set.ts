import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { resetFaults, setFaults } from "../../operations/drive-simulators.ts";
import { duration, examples, wholeNumber } from "../parse.ts";
import { simulatorBlock } from "./show.ts";

export function registerSimulatorSet(simulator: Command, mkt: Context): void {
  simulator
    .command("set")
    .summary("let things go wrong")
    .description(
      "Let things go wrong at the simulated providers, each as often as a number from 0 to 1 says. The same seed goes wrong in the same places. What is not given stays as it is. For operators, on the local profile.",
    )
    .option("--seed <n>", "which places", wholeNumber)
    .option("--delay <times>", "webhooks wait: a time, or from..to", delay)
    .option("--duplicate <p>", "webhooks come twice", probability)
    .option("--reorder <p>", "webhooks come after later ones", probability)
    .option("--lose <p>", "webhooks never come", probability)
    .option("--decline <p>", "charges are declined", probability)
    .option("--timeout <p>", "charges are made and not answered", probability)
    .option("--chargeback <p>", "charges are charged back after 10 days", probability)
    .option("--lose-package <p>", "parcels get lost", probability)
    .addHelpText(
      "after",
      examples(
        "mkt simulator set --seed 7 --duplicate 0.2 --reorder 0.2 --lose 0.1 --delay 0ms..500ms",
        "mkt simulator set --decline 1",
      ),
    )
    .action(async ({ delay: delayMs, ...others }) => {
      const actor = await mkt.actor("simulator set");
      const report = await setFaults({ actor, changes: { ...others, delayMs } }, mkt.deps());
      mkt.print(report, simulatorBlock);
    });

  simulator
    .command("reset")
    .summary("let nothing go wrong")
    .description(
      "Turn all faults off. The clock stays: it never goes back. For operators, on the local profile.",
    )
    .addHelpText("after", examples("mkt simulator reset"))
    .action(async () => {
      const actor = await mkt.actor("simulator reset");
      mkt.print(await resetFaults({ actor }, mkt.deps()), simulatorBlock);
    });
}

function probability(text: string): number {
  const number = /^\d(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError("it must be from 0 to 1, such as 0.2.");
}

function delay(text: string): [number, number] {
  const [from = "", to = from, ...rest] = text.split("..");
  if (rest.length > 0) throw new InvalidArgumentError("write it like 100ms..2s.");
  return [duration(from), duration(to)];
}
