import { readFile, stat } from "node:fs/promises";
import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import type { DataCell, DataColumn, DataRows } from "../domain/data-rows.ts";
import { MktError } from "../errors.ts";
import { runSql } from "../operations/run-sql.ts";
import { plainValue, STREAMED } from "../output/data-stream.ts";
import { type Format, renderList } from "../output/formats.ts";
import { readAll } from "../output/prompt.ts";
import type { Column } from "../output/table.ts";
import { dataFormat, writeRows } from "./data-out.ts";
import { duration, examples, positiveInteger } from "./parse.ts";
import { withFormats } from "./special-formats.ts";
import { sqlPrompt } from "./sql-prompt.ts";

const STATEMENT_LIMIT_BYTES = 1_000_000;
const TIMEOUT_MS = 60_000;
const TABLE_ROWS = 1_000;

interface Display {
  format: Format;
  out: string | undefined;
  limit: number | undefined;
}

export function registerSql(program: Command, mkt: Context): void {
  withFormats(program.command("sql"), "parquet")
    .summary("ask the database, reading only")
    .description(
      "Run one SELECT, or what reads like it, with the rights of whoever asks: operators and support on the tables, " +
        "analysts on views without personal data. Nothing can be changed. Without -c and FILE it is a prompt on a terminal, " +
        "and reads stdin otherwise.\n" +
        "Times are UTC: at time zone 'America/Sao_Paulo' gives another clock's. \\d lists the tables, \\d TABLE its columns; " +
        '"order" and "user" are written in double quotes.',
    )
    .argument("[file]", "a file with one statement; - is stdin")
    .option("-c, --command <statement>", "the statement")
    .option("--out <file>", "write to this file, which is there only when all is in it")
    .option(
      "--limit <n>",
      `at most so many rows (default: ${TABLE_ROWS} in a table, else all)`,
      positiveInteger,
    )
    .option(
      "--timeout <duration>",
      "give up on a statement that takes longer (default: 60s)",
      duration,
    )
    .addHelpText(
      "after",
      examples(
        "mkt sql",
        `mkt sql -c 'select state, count(*) from "order" group by state order by 2 desc'`,
        `mkt sql -c 'select percentile_cont(0.5) within group (order by total_minor) as median from "order"'`,
        `mkt sql -c "select date_trunc('day', created_at at time zone 'America/Sao_Paulo') as day, count(*) from purchase group by 1 order by 1" -o csv`,
        "mkt sql report.sql --out report.parquet",
        "mkt sql -c '\\d order_line'",
      ),
    )
    .action(async (file, { command, out, limit, timeout: timeoutMs = TIMEOUT_MS }) => {
      const display = { format: dataFormat(mkt, out) ?? (out ? "csv" : "table"), out, limit };
      refuseWhatCannotBe(display, mkt);
      const given = await statementOf(file, command, mkt);
      const actor = await mkt.actor("sql");
      const run = (statement: string, signal: AbortSignal) =>
        runSql(
          { actor, statement, timeoutMs, signal },
          (rows) => show(rows, display, mkt),
          mkt.deps(),
        );
      if (given === undefined) await sqlPrompt(run, mkt.config().profile.name, mkt);
      else await run(given, mkt.stopping());
    });
}

function refuseWhatCannotBe({ format, out }: Display, mkt: Context): void {
  if (mkt.options().columns !== undefined)
    throw new MktError("usage", "the statement itself names its columns, not --columns");
  if (out !== undefined && !isStreamed(format))
    throw new MktError("usage", `--out wants ${STREAMED.join(", ")}`, { hint: `-o csv` });
}

const isStreamed = (format: Format): format is (typeof STREAMED)[number] =>
  STREAMED.some((each) => each === format);

/** What to run; undefined: people type it at the prompt. */
async function statementOf(
  file: string | undefined,
  command: string | undefined,
  mkt: Context,
): Promise<string | undefined> {
  if (command !== undefined && file !== undefined)
    throw new MktError("usage", "a statement comes from -c or from a file, not from both");
  if (command !== undefined) return command;
  const { stdin } = mkt.streams;
  if (file === undefined && stdin.isTTY === true && mkt.options().input !== false) return undefined;
  if (file === undefined || file === "-") return readAll(stdin, STATEMENT_LIMIT_BYTES);
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new MktError("not_found", `there is no file ${file}`);
  if (found.size > STATEMENT_LIMIT_BYTES)
    throw new MktError("invalid", `${file} is too large for a statement`);
  return readFile(file, "utf8");
}

async function show(rows: DataRows, { format, out, limit }: Display, mkt: Context): Promise<void> {
  if (isStreamed(format)) {
    const wanted = limit === undefined ? rows : { ...rows, batches: firstOf(rows.batches, limit) };
    return writeRows(wanted, { format, out, label: "rows" }, mkt);
  }
  const { columns } = rows;
  const most = limit ?? TABLE_ROWS;
  const items: (readonly DataCell[])[] = [];
  for await (const batch of firstOf(rows.batches, most + 1)) items.push(...batch);
  const shown = items.slice(0, most);
  const { terminal } = mkt;
  const text =
    format === "yaml" || format === "name"
      ? renderList(
          format,
          { items: shown.map((row) => objectOf(row, columns)) },
          fieldColumns(columns),
          { terminal },
        )
      : renderList(format, { items: shown }, cellColumns(columns), { terminal });
  mkt.streams.stdout.write(text);
  if (items.length > most) mkt.notice(`showing ${most} of more: --limit N, or -o csv for all`);
}

async function* firstOf(batches: DataRows["batches"], limit: number): DataRows["batches"] {
  let left = limit;
  for await (const batch of batches) {
    yield batch.slice(0, left);
    left -= batch.length;
    if (left <= 0) return;
  }
}

/** Values as PostgreSQL writes them: a sum of 12.50 is not 12.5. */
function cellColumns(columns: readonly DataColumn[]): Column<readonly DataCell[]>[] {
  return columns.map(({ name, kind }, index) => ({
    key: name,
    header: name,
    value: (row) => row[index],
    kind: kind === "integer" || kind === "number" ? "number" : "text",
  }));
}

type Item = Record<string, unknown>;

function objectOf(row: readonly DataCell[], columns: readonly DataColumn[]): Item {
  return Object.fromEntries(
    columns.map((column, index) => [column.name, plainValue(row[index] ?? null, column)]),
  );
}

function fieldColumns(columns: readonly DataColumn[]): Column<Item>[] {
  return columns.map(({ name }) => ({
    key: name,
    header: name,
    value: (row) => String(row[name] ?? ""),
  }));
}
