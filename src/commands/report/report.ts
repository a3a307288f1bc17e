import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { DataCell, DataRows } from "../../domain/data-rows.ts";
import { MktError } from "../../errors.ts";
import { type PlannedReport, planReport, runReport } from "../../operations/run-report.ts";
import { STREAMED } from "../../output/data-stream.ts";
import { chooseColumns, type Format, renderList } from "../../output/formats.ts";
import { isUtf8, renderChart } from "../../output/terminal-chart.ts";
import { REPORTS } from "../../reports/all.ts";
import type { Report, ReportColumn } from "../../reports/report.ts";
import { rowsOf } from "../../reports/rows.ts";
import { withColumns } from "../columns.ts";
import { dataFormat, writePage, writeRows } from "../data-out.ts";
import { examples, positiveInteger } from "../parse.ts";
import { withFormats } from "../special-formats.ts";
import { chartsOf } from "./chart.ts";
import { dataColumns, figuresOf, tableColumns } from "./columns.ts";
import { registerReportDigest } from "./digest.ts";
import { explainReport } from "./explain.ts";
import { reportPage } from "./html.ts";
import { registerReportList } from "./list.ts";
import { registerReportVerify } from "./verify.ts";

export function registerReport(program: Command, mkt: Context): void {
  const group = program
    .command("report")
    .alias("reports")
    .summary("what the marketplace's history says")
    .description(
      "Read-only reports for staff, without personal data. Days, weeks (from Monday) and months are those of the marketplace's " +
        "time zone, for orders of an imported history those of its own. Money is in minor units in formats for programs. " +
        "Times that an import inferred are left out.",
    )
    .addHelpText(
      "after",
      examples(
        "mkt report list",
        "mkt report sales --by category --since 2026-01-01",
        "mkt report sales --explain",
      ),
    );
  registerReportList(group, mkt);
  registerReportDigest(group, mkt);
  registerReportVerify(group, mkt);
  for (const report of REPORTS) registerOne(group, report, mkt);
}

function registerOne(group: Command, report: Report, mkt: Context): void {
  const { name, answers, definition, groupings } = report;
  const [usual, other = usual] = groupings;
  const command = withFormats(group.command(name), "parquet", "html");
  withColumns(command, tableColumns(report.columns(usual)))
    .summary(answers)
    .description([answers, ...definition].join("\n"))
    .addOption(new Option("--by <what>", "gather by").choices(groupings).default(usual))
    .option("--since <time>", "from this day or local time on")
    .option("--until <time>", "before this day or local time")
    .option("--time-zone <zone>", "whose days (default: the marketplace's)")
    .option("--limit <n>", "at most so many rows where it lists the first", positiveInteger)
    .option("--chart", "draw it below the table")
    .addOption(
      new Option("--explain", "how it is defined, and the SQL, instead of the rows").conflicts([
        "out",
        "chart",
      ]),
    )
    .option("--out <file>", "write to this file, which is there only when all is in it")
    .addHelpText(
      "after",
      examples(
        `mkt report ${name}`,
        `mkt report ${name} --by ${other} --chart`,
        `mkt report ${name} -o html --out ${name}.html`,
        `mkt report ${name} --explain`,
      ),
    )
    .action(async ({ explain, out, chart = false, ...wish }) => {
      const display = { ...displayOf(out, chart, mkt), isLimited: wish.limit !== undefined };
      const actor = await mkt.actor(`report ${name}`);
      const planned = planReport(
        {
          name,
          by: wish.by,
          since: wish.since,
          until: wish.until,
          timeZone: wish.timeZone,
          limit: wish.limit,
        },
        mkt.deps(),
      );
      if (explain) return explainReport(planned, mkt);
      await runReport(
        { actor, planned, signal: mkt.stopping() },
        (rows) => show(planned, rows, display, mkt),
        mkt.deps(),
      );
    });
}

interface Display {
  format: Format;
  out: string | undefined;
  chart: boolean;
  /** Whether it was said how many rows are enough. */
  isLimited: boolean;
}

function displayOf(
  out: string | undefined,
  chart: boolean,
  mkt: Context,
): Omit<Display, "isLimited"> {
  const format = dataFormat(mkt, out) ?? (out ? "csv" : "table");
  if (!chart || format === "table" || format === "wide") return { format, out, chart };
  throw new MktError("usage", "--chart draws below a table", {
    hint: "-o html --out FILE draws into a page",
  });
}

async function show(
  planned: PlannedReport,
  rows: DataRows,
  { format, out, chart, isLimited }: Display,
  mkt: Context,
): Promise<void> {
  const all = planned.report.columns(planned.scope.by);
  const only = mkt.options().columns?.split(",");
  const columns = only
    ? chooseColumns(tableColumns(all), only).flatMap(({ key }) =>
        all.filter((column) => column.key === key),
      )
    : all;
  const streamed = STREAMED.find((each) => each === format);
  if (streamed) {
    let count = 0;
    const batches = cellsOf(rows, columns, (rowCount) => {
      count += rowCount;
    });
    const data = { columns: dataColumns(columns), batches };
    await writeRows(data, { format: streamed, out, label: "rows" }, mkt);
    if (!isLimited) noteMore(count, planned, mkt);
    return;
  }
  const { terminal } = mkt;
  const items = await rowsOf(rows);
  if (!isLimited) noteMore(items.length, planned, mkt);
  if (format === "html") {
    const { timeZone } = mkt.deps().profile;
    return writePage(reportPage(planned, items, only, timeZone), out, mkt);
  }
  const text =
    format === "yaml"
      ? renderList(format, { items: items.map((row) => figuresOf(row, columns)) }, [], { terminal })
      : renderList(format, { items }, tableColumns(all), { terminal, ...(only && { only }) });
  mkt.streams.stdout.write(text);
  if (!chart) return;
  const screen = { ...terminal, isUtf8: isUtf8(mkt.streams.env) };
  for (const one of chartsOf(planned, items))
    mkt.streams.stdout.write(`\n${renderChart(one, screen)}`);
}

/** The cells of these columns, a batch at a time. */
async function* cellsOf(
  { columns: all, batches }: DataRows,
  columns: readonly ReportColumn[],
  count: (rowCount: number) => void,
): AsyncGenerator<DataCell[][]> {
  const places = columns.map(({ key }) => all.findIndex(({ name }) => name === key));
  for await (const batch of batches) {
    count(batch.length);
    yield batch.map((cells) => places.map((place) => cells[place] ?? null));
  }
}

/** Says that there may be more rows than these. */
function noteMore(rowCount: number, { scope }: PlannedReport, mkt: Context): void {
  if (rowCount === scope.limit) mkt.notice(`the first ${rowCount} rows: --limit N shows more`);
}
