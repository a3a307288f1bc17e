import type { Context } from "../../context.ts";
import type { PlannedReport } from "../../operations/run-report.ts";

/** Says what a report counts and how, and the SQL that it runs, in this scope. */
export function explainReport({ report, scope, sql }: PlannedReport, mkt: Context): void {
  const { name, title, answers, definition } = report;
  const { by, since, until, timeZone } = scope;
  const columns = report
    .columns(by)
    .map(({ key, header, kind, means }) => ({ key, header, kind, means: means ?? null }));
  mkt.print({ name, title, answers, definition, by, since, until, timeZone, columns, sql }, () => {
    const meanings = columns.flatMap(({ key, means }) =>
      means === null ? [] : [`  ${key}: ${means}`],
    );
    return [`${title}: ${answers}`, ...definition, "", ...meanings, "", sql].join("\n");
  });
}
