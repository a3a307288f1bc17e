import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { setFee } from "../../operations/set-fee.ts";
import { examples } from "../parse.ts";

export function registerCategoryFee(category: Command, mkt: Context): void {
  category
    .command("fee")
    .description(
      "Set what the marketplace keeps of what is sold in a category, for new orders only. For operators.",
    )
    .argument("<category>", "its name, or the beginning of its id")
    .argument("<fee>", "12.5%, or 1250 basis points", basisPoints)
    .addHelpText(
      "after",
      examples('mkt category fee "Lighting" 12.5%', 'mkt category fee "Lighting" 1250'),
    )
    .action(async (text, feeBps) => {
      const actor = await mkt.actor("category fee");
      const set = await setFee({ actor, category: text, feeBps }, mkt.deps());
      mkt.print(
        set,
        ({ name, feeBpsBefore }) =>
          `The marketplace keeps ${percent(feeBps)} of new orders in ${name}; before it kept ${percent(feeBpsBefore)}`,
      );
    });
}

/** Basis points as people read them: `12.5%`. */
export function percent(feeBps: number): string {
  return `${feeBps / 100}%`;
}

function basisPoints(text: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?%$/.exec(text);
  if (match) return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("write it like 12.5% or 1250.");
}
