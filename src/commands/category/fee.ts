import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import type { Actor } from "../../domain/actor.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { ifRight } from "../../operations/bulk/if-right.ts";
import { planFee, setFee } from "../../operations/set-fee.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  category: string;
  fee: number;
}

const bulk: BulkCommand<Row, Awaited<ReturnType<typeof setFee>>> = {
  name: "category fee",
  plan: async ({ category, fee: feeBps }, { actor }, deps) => {
    const { id, name, feeBpsBefore } = await planFee({ actor, category, feeBps }, deps);
    const [from, to] = [percent(feeBpsBefore), percent(feeBps)];
    const summary = `new orders in ${name} are charged ${to}`;
    return { subjectKind: "category", subjectId: id, from, to, summary };
  },
  before: ({ category, fee: feeBps }, { actor }, deps) =>
    ifRight(async () => {
      const { feeBpsBefore } = await planFee({ actor, category, feeBps }, deps);
      return { feeBps: feeBpsBefore };
    }),
  apply: async ({ category, fee: feeBps }, { actor, again, before }, deps) => {
    const set = await setFee({ actor, category, feeBps }, deps);
    // Of a row that was begun before only the journal knows what it was then.
    const was = again && typeof before?.feeBps === "number" ? before.feeBps : set.feeBpsBefore;
    return {
      subjectKind: "category",
      subjectId: set.id,
      state: percent(feeBps),
      value: set,
      already: was === feeBps,
      undo: was === feeBps ? null : { category: set.id, was, made: feeBps },
    };
  },
  undo: {
    plan: async (left, { actor }, deps) => {
      const { name, feeBps } = await planFee(
        { actor, ...(await feeBack(left, actor, deps)) },
        deps,
      );
      return `the fee of ${name} becomes ${percent(feeBps)}`;
    },
    apply: async (left, { actor }, deps) => {
      const { name, feeBps } = await setFee({ actor, ...(await feeBack(left, actor, deps)) }, deps);
      return `the fee of ${name} is ${percent(feeBps)}`;
    },
  },
};

/** The fee that undoing sets. Throws `conflict` when somebody set another one since. */
async function feeBack(
  left: Readonly<Record<string, unknown>>,
  actor: Actor,
  deps: Deps,
): Promise<{ category: string; feeBps: number }> {
  const [category, was] = [String(left.category), Number(left.was)];
  const { name, feeBpsBefore: now } = await planFee({ actor, category, feeBps: was }, deps);
  if (now === left.made || now === was) return { category, feeBps: was };
  throw new MktError("conflict", `the fee of ${name} was set to ${percent(now)} since`);
}

export function registerCategoryFee(category: Command, mkt: Context): void {
  const command = category
    .command("fee")
    .description(
      "Set what the marketplace keeps of what is sold in a category, for new orders only. For operators.",
    )
    .argument("<category>", "its name, or the beginning of its id")
    .argument("<fee>", "12.5%, or 1250 basis points", basisPoints)
    .addHelpText(
      "after",
      examples(
        'mkt category fee "Lighting" 12.5%',
        'mkt category fee "Lighting" 1250',
        "mkt category fee --from fees.csv --dry-run",
      ),
    );
  withRows(
    command,
    bulk,
    mkt,
    ({ name, feeBps, feeBpsBefore }) =>
      `The marketplace keeps ${percent(feeBps)} of new orders in ${name}; before it kept ${percent(feeBpsBefore)}`,
  );
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
