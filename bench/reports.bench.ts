import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "vitest";
import { loadConfig, type Profile, packageDirectory } from "../src/config.ts";
import { openDeps } from "../src/deps.ts";
import { newId } from "../src/domain/ids.ts";
import { type PlannedReport, planReport, runReport } from "../src/operations/run-report.ts";
import { REPORTS } from "../src/reports/all.ts";
import { rowsOf } from "../src/reports/rows.ts";
import { salesOfOrders } from "../src/reports/sales.ts";
import type { ReportScope } from "../src/reports/scope.ts";
import { connection } from "../src/stores/aurora/client.ts";
import { startLocalStack } from "../src/testing/local-stack.ts";
import { NO_WISH } from "../src/testing/small-world.ts";

/** A marketplace that is there already; undefined: one is seeded, and taken away. */
const HOME = process.env.MKT_BENCH_HOME;
const ORDERS = Number(process.env.MKT_BENCH_ORDERS ?? 100_000);
/** Each report is measured so often, by turns with its peer; the fastest counts. */
const ROUNDS = Number(process.env.MKT_BENCH_ROUNDS ?? 3);
/** Only these reports. */
const ONLY = process.env.MKT_BENCH_REPORTS?.split(",");

/** The best single statement, where it is known to be another than the report's own. */
const PEERS: Readonly<Record<string, (scope: ReportScope) => string>> = { sales: salesOfOrders };

const program = join(packageDirectory(), "bin/mkt.js");

/**
 * `mkt report NAME -o csv` as its users run it, the whole process, beside psql with the best single statement for the
 * same question, on the same marketplace. The operation alone, in this process, stands beside them: where a report takes
 * no longer than Node needs to start, the ratio of processes tells of that.
 */
test("reports beside psql", async () => {
  const stack = HOME === undefined ? await startLocalStack() : undefined;
  const config = stack?.config ?? loadConfig({ ...process.env, MKT_HOME: HOME });
  const env = { ...process.env, MKT_HOME: config.home };
  const mkt = (...argv: string[]) => run(process.execPath, [program, ...argv], { env });
  const { deps, close } = openDeps(config, { notice: () => undefined });
  const read = async (planned: PlannedReport) => {
    const actor = { userId: newId(), roles: ["analyst" as const], operatorId: null };
    await runReport({ actor, planned, signal: new AbortController().signal }, rowsOf, deps);
    return "";
  };
  try {
    if (stack) await mkt("seed", "--seed", "1", "--direct", "--orders", String(ORDERS), "--yes");
    for (const { name } of REPORTS) {
      if (ONLY && !ONLY.includes(name)) continue;
      const planned = planReport(
        { name, ...NO_WISH },
        { profile: config.profile, now: () => new Date().toISOString() },
      );
      const statement = PEERS[name]?.(planned.scope) ?? planned.sql;
      const [ours, reading, peer]: [Timed[], Timed[], Timed[]] = [[], [], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        ours.push(await timed(() => mkt("report", name, "-o", "csv")));
        peer.push(await timed(() => psql(config.profile, statement)));
        reading.push(await timed(() => read(planned)));
      }
      print(name, { ours: fastest(ours), reading: fastest(reading), peer: fastest(peer) });
    }
  } finally {
    await close();
    await stack?.remove();
  }
});

interface Timed {
  seconds: number;
  output: string;
}

async function timed(work: () => Promise<string>): Promise<Timed> {
  const start = performance.now();
  const output = await work();
  return { seconds: (performance.now() - start) / 1_000, output };
}

const fastest = (all: readonly Timed[]): Timed =>
  all.reduce((best, each) => (each.seconds < best.seconds ? each : best));

/** A ratio above 1 says that ours took longer. Rows differ where a report counts until now. */
function print(
  name: string,
  { ours, reading, peer }: Record<"ours" | "reading" | "peer", Timed>,
): void {
  const lines = ({ output }: Timed) => output.trimEnd().split(/\r?\n/);
  const [own, others] = [lines(ours), lines(peer)];
  const said = own.join("\n") === others.join("\n") ? "the same" : "other rows";
  process.stdout.write(
    `report ${name}: command ${ours.seconds.toFixed(2)} s, operation ${reading.seconds.toFixed(2)} s, ` +
      `psql ${peer.seconds.toFixed(2)} s; ratio ${(ours.seconds / peer.seconds).toFixed(2)}, ` +
      `of the operation ${(reading.seconds / peer.seconds).toFixed(2)}; ${own.length - 1} rows, ${said}\n`,
  );
}

/** What one statement of an analyst prints as CSV. */
function psql({ aurora }: Profile, statement: string): Promise<string> {
  const { host = "", port, database = "", user = "", password } = connection(aurora, "mkt_analyst");
  const argv = ["-X", "-q", "--csv", "-h", host, "-U", user, "-d", database, "-c", statement];
  const where = port === undefined ? [] : ["-p", String(port)];
  const secret = typeof password === "string" ? { PGPASSWORD: password } : {};
  const options = "-c search_path=analytics -c timezone=UTC -c datestyle=ISO";
  return run("psql", [...argv, ...where], {
    env: { ...process.env, ...secret, PGOPTIONS: options },
  });
}

/** Runs a command; gives its output, and fails with what it said when it fails. */
async function run(
  command: string,
  argv: readonly string[],
  { env }: { env: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(command, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [output, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${command} ${argv[0]} ended with ${code}: ${said}`);
  return output;
}
