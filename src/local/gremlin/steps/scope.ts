import { isToken, type Token } from "../bytecode.ts";
import { unknownStep } from "../graph-error.ts";
import { currentValue, labelledValues, start, type Traverser } from "../traverser.ts";
import { columnOf, modulated, turn } from "./modulate.ts";
import { flat, type Run, type StepTable } from "./step.ts";

/** What a name stands for: a key of the map at hand, what a step kept, or a label of the path. */
export function scopeValue(
  traverser: Traverser,
  name: string,
  run: Run,
  pop = "last",
): { value: unknown } | undefined {
  const value = currentValue(traverser);
  if (value instanceof Map && value.has(name)) return { value: value.get(name) };
  const kept = run.kept.get(name);
  if (kept) return { value: kept.value() };
  const values = labelledValues(traverser, name);
  if (values.length === 0) return undefined;
  if (pop === "all") return { value: values.reverse() };
  return { value: pop === "first" ? values.at(-1) : values[0] };
}

/** Steps that look at what traversers left behind them. */
export const SCOPES: StepTable = {
  select: flat((value, step, run, traverser) => {
    const [first] = step.values;
    if (isToken(first, "Column")) return [columnOf(value, first.name)];
    const pop = isToken(first, "Pop") ? first : undefined;
    const names = pop ? step.values.slice(1) : step.values;
    if (names.length === 0 || !names.every((name) => typeof name === "string"))
      throw unknownStep("select() with this argument");
    const chosen = names.map((name, index) => {
      const found = scopeValue(traverser, name, run, popName(pop));
      return found && modulated(turn(step, index), start(found.value), run);
    });
    if (chosen.some((made) => made === undefined)) return [];
    if (names.length === 1) return [chosen[0]?.value];
    return [new Map(names.map((name, index) => [name, chosen[index]?.value]))];
  }),
};

function popName(pop: Token | undefined): string {
  if (pop?.name === "mixed") throw unknownStep("select() with Pop.mixed");
  return pop?.name ?? "last";
}
