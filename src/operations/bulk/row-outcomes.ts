import type { Deps } from "../../deps.ts";
import type { BulkRow } from "../../stores/aurora/bulk-runs.ts";
import type { SourceRow } from "./bulk-command.ts";

/** What became of a line of the input. */
export interface RowOutcome {
  outcome: "done" | "already" | "failed" | "skipped" | "undone" | "kept";
  /** Of the thing that was made or changed. */
  id: string | null;
  state: string | null;
  code: string | null;
  reason: string | null;
}

const PAGE = 1_000;
const SKIPPED: RowOutcome = {
  outcome: "skipped",
  id: null,
  state: null,
  code: null,
  reason: null,
};

/** Each line of the input, in its order, with what became of it. Both are gone through side by side. */
export async function* rowOutcomes(
  runId: string,
  rows: AsyncIterable<SourceRow>,
  deps: Pick<Deps, "bulkRuns">,
): AsyncGenerator<{ row: SourceRow; outcome: RowOutcome }> {
  const kept = keptRows(runId, deps);
  let next = await kept.next();
  for await (const row of rows) {
    while (!next.done && next.value.line < row.line) next = await kept.next();
    const found = !next.done && next.value.line === row.line ? next.value : undefined;
    yield { row, outcome: found ? outcomeOf(found) : SKIPPED };
  }
}

/** The rows of a run's journal, in the order of their lines. */
async function* keptRows(
  runId: string,
  { bulkRuns }: Pick<Deps, "bulkRuns">,
): AsyncGenerator<BulkRow> {
  let beyond: number | undefined;
  for (;;) {
    const page = await bulkRuns.rows({ runId, limit: PAGE, beyond });
    yield* page;
    beyond = page.at(-1)?.line;
    if (page.length < PAGE) return;
  }
}

/** What became of a row, in the words of the results file. */
export function outcomeOf({ state, subjectId, result, code, reason }: BulkRow): RowOutcome {
  if (state === "started") return SKIPPED;
  const already = state === "done" && result?.already === true;
  const now = typeof result?.state === "string" ? result.state : null;
  return { outcome: already ? "already" : state, id: subjectId, state: now, code, reason };
}
