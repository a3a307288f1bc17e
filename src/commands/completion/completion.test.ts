import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, type TestContext, test } from "vitest";
import { stringify } from "yaml";
import { packageDirectory } from "../../config.ts";
import { buy } from "../../operations/buy.ts";
import { sessionFile } from "../../stores/session/file.ts";
import { commandLine } from "../../testing/command-line.ts";
import { testMarketplace } from "../../testing/marketplace.ts";
import { programOn } from "../../testing/program.ts";

const run = promisify(execFile);
const SCRIPTS = join(packageDirectory(), "completions");
const nowhere = { MKT_HOME: await mkdtemp(join(tmpdir(), "mkt-nowhere-")) };
afterAll(() => rm(nowhere.MKT_HOME, { recursive: true }));
const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

/** The values that are offered for the last of these words. */
async function offered(words: readonly string[], env: Record<string, string> = nowhere) {
  const { exitCode, stdout, stderr } = await commandLine(["complete", "--", ...words], env);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t")[0]);
}

test.each([
  [["ord"], ["order"]],
  [["order", "sh"], ["show"]],
  [["orders", "can"], ["cancel"]],
  [["--json", "order", "sh"], ["show"]],
  [
    ["--profile", "order", "pub"],
    ["publication", "publish"],
  ],
  [["order", "list", "--pu"], ["--purchase"]],
  [["order", "list", "--colu"], ["--columns"]],
  [
    ["order", "list", "--state", "re"],
    ["reserved", "refunded"],
  ],
  [["order", "list", "--state=pa"], ["--state=paid"]],
  [["order", "list", "--state", "--"], []],
  [["order", "show", "0199", "--wait-for", "paid,ship"], ["paid,shipped"]],
  [["order", "list", "--columns", "st"], ["state"]],
  [["order", "list", "--columns=id,state,bu"], ["--columns=id,state,buyerId"]],
  [["order", "list", "--columns", "id,i"], []],
  [
    ["webhook", "list", "--columns", "obj,re"],
    ["obj,receivedAt", "obj,reason"],
  ],
  [["webhook", "list", "--missing", "--columns", "c"], ["createdAt"]],
  [["ledger", "list", "--columns", "posting"], ["postingId"]],
  [["ledger", "list", "--totals", "--columns", "posting"], []],
  [["order", "show", "0199", "--columns", "s"], []],
  [["-o", "y"], ["yaml"]],
  [["down", "ne"], ["neptune"]],
  [["search", "--sort", "pr"], ["price"]],
  [["search", "--", "--li"], []],
  [["run", "fix"], [":files"]],
  [["complet"], ["completion"]],
  [["no-such-command", ""], []],
  [["help", "order", "sh"], ["show"]],
  [["explain", "out"], ["out_of_stock"]],
])("%j offers %j", async (words, values) => {
  expect((await offered(words)).sort()).toEqual([...values].sort());
});

test("every flag of a command and every flag of all commands is offered", async () => {
  const flags = await offered(["order", "list", "-"]);
  expect(flags).toEqual(
    expect.arrayContaining(["--state", "--seller", "--json", "--as", "--help"]),
  );
  expect(new Set(flags).size).toBe(flags.length);
});

test("without a marketplace no id is offered and nothing is started", async () => {
  expect(await offered(["order", "show", "01"])).toEqual([]);
  expect(await offered(["order", "list", "--profile", "no-such-profile", "--seller", "a"])).toEqual(
    [],
  );
  expect(existsSync(join(nowhere.MKT_HOME, "local"))).toBe(false);
});

/** A marketplace with orders, and the program on it, whose operator is logged in. */
async function marketplace(t: TestContext) {
  const market = await testMarketplace(t);
  const [operator, ana, beto] = [
    await market.user("oto", "operator"),
    await market.user("ana"),
    await market.user("beto"),
  ];
  await programOn(t, market, operator);
  const page = await market.publication(ana);
  const orders: string[] = [];
  for (const [index, buyer] of [beto, beto, operator].entries()) {
    const wanted = [{ publication: page.id, quantity: 1 }];
    const want = { actor: buyer, key: `k${index}`, wanted, shipTo: null };
    const purchase = await buy(want, market.deps);
    orders.push(...purchase.orders.map(({ id }) => id));
  }
  const { home, profile } = market.config;
  return { market, page, orders, env: { MKT_HOME: home, MKT_PROFILE: profile.name } };
}

test("ids and e-mails come from the store, the newest first, and nothing is written", async (t) => {
  const { market, page, orders, env } = await marketplace(t);
  const [first = "", second = "", third = ""] = orders;
  const newest = [third, second, first];
  const before = await market.deps.events.lastPosition();

  expect(await offered(["order", "show", ""], env)).toEqual(newest);
  expect(await offered(["order", "show", first.slice(0, 6)], env)).toEqual(newest);
  expect(await offered(["order", "show", first], env)).toEqual([first]);
  expect(await offered(["order", "show", "ffff"], env)).toEqual([]);
  expect(await offered(["order", "show", "it's"], env)).toEqual([]);
  expect(await offered(["payment", "list", `--order=${first}`], env)).toEqual([`--order=${first}`]);
  expect(await offered(["pay", ""], env)).toHaveLength(6);
  expect(await offered(["buy", page.id.slice(0, 8)], env)).toEqual([page.id]);
  expect(await offered(["user", "show", "be"], env)).toEqual(["beto@example.com"]);
  expect(await offered(["order", "list", "--seller", "an"], env)).toEqual(["ana@example.com"]);
  expect(await offered(["--as", "beto@example.com", "order", "show", ""], env)).toEqual([
    second,
    first,
  ]);
  expect(await offered(["--as", "no@example.com", "order", "show", ""], env)).toEqual([]);

  expect(await market.deps.events.lastPosition()).toBe(before);
});

/** What bash hands to a completion function for a line with the cursor at its end. */
function bashLine(line: string) {
  const words = line.split(" ").flatMap((word) => word.split(/(?<=[@=:])|(?=[@=:])/));
  const [current = ""] = /(@[^@=:]*|[^@=: ]*)$/.exec(line) ?? [];
  return { line, words, current };
}

test("bash completes ids, e-mails and values after an equals sign", async (t) => {
  const { orders, env } = await marketplace(t);
  const [first = ""] = orders;
  const bin = join(env.MKT_HOME, "bin");
  await mkdir(bin);
  const shim = join(bin, "mkt");
  await writeFile(
    shim,
    `#!/bin/sh\nexec "${process.execPath}" "${join(packageDirectory(), "bin", "mkt.js")}" "$@"\n`,
  );
  await chmod(shim, 0o755);
  const driver = join(env.MKT_HOME, "driver.bash");
  await writeFile(
    driver,
    `source "${SCRIPTS}/mkt.bash"
COMP_LINE=$1; COMP_POINT=\${#1}; COMP_TYPE=$2; current=$3; shift 3
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_mkt mkt "$current" ""
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  );
  const press = async (text: string, type = "9") => {
    const { line, words, current } = bashLine(text);
    const { stdout, stderr } = await run(
      "bash",
      ["--noprofile", "--norc", driver, line, type, current, ...words],
      { env: { ...process.env, ...env, PATH: `${bin}:${process.env.PATH}` } },
    );
    expect(stderr).toBe("");
    return stdout.split("\n").filter((each) => each !== "");
  };

  // A busy machine may find nothing in time; then whoever types presses Tab again.
  const again = { timeout: 20_000, interval: 10 };
  const pressed = (line: string, type?: string) => expect.poll(() => press(line, type), again);
  await pressed("mkt order sh").toEqual(["show"]);
  await pressed(`mkt order show ${first.slice(0, 2)}`).toEqual([...orders].reverse());
  await pressed(`mkt order show ${first}`).toEqual([first]);
  await pressed("mkt user show beto@exa").toEqual(["@example.com"]);
  await pressed("mkt order list --state=re").toEqual(["reserved", "refunded"]);
  await pressed("mkt order list --columns id,st").toEqual(["id,state"]);
  await pressed("mkt order list --columns=id,c").toEqual(["id,currency", "id,createdAt"]);
  await pressed("mkt order list --columns id,pl", "63").toEqual([]);
  await pressed("mkt ledger list --totals --columns=a", "63").toEqual([
    "account  (account)",
    "amountMinor  (sum)",
  ]);
  await pressed("mkt --as beto@example.com order show ").toHaveLength(2);
  await pressed("mkt order show ", "63").toContain(`${first}  (order, reserved)`);
  await pressed(`mkt run ${SCRIPTS}/mkt.b`).toEqual([`${SCRIPTS}/mkt.bash`]);
});

test("a store that never answers costs one moment and prints nothing", async (t) => {
  const { market } = await marketplace(t);
  const { name, ...settings } = market.config.profile;
  const { home } = market.config;
  const directory = await mkdtemp(join(tmpdir(), "mkt-silent-"));
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  const path = join(directory, `.s.PGSQL.${settings.aurora.port}`);
  await new Promise<void>((resolve) => silent.listen(path, resolve));
  t.onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await rm(directory, { recursive: true });
  });
  const other = { ...settings, aurora: { ...settings.aurora, host: directory } };
  await writeFile(join(home, "config.yaml"), stringify({ profiles: { [name]: other } }));
  // A session is good for one endpoint only.
  const file = join(home, `session.${name}.json`);
  const session = await sessionFile(file, { name, ...settings }).read();
  if (!session) throw new Error("nobody is logged in");
  await sessionFile(file, { name, ...other }).write(session);

  const env = { ...process.env, MKT_HOME: home, MKT_PROFILE: name };
  const bin = join(packageDirectory(), "bin", "mkt.js");
  const ended = await run(process.execPath, [bin, "complete", "--", "order", "show", ""], { env });
  expect(ended).toEqual({ stdout: "", stderr: "" });
  expect(sockets).toHaveLength(1);
});

test.each(["bash", "zsh", "fish"])("mkt completion %s prints its script", async (shell) => {
  const { stdout, exitCode } = await commandLine(["completion", shell], nowhere);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("complete -- ");
  expect(stdout).toContain(":files");
  const help = await commandLine(["completion", "--help"], nowhere);
  expect(help.stdout).toMatch(/To install it:\n {2}bash /);
});

test.skipIf(!has("bash"))("bash finds nothing wrong with its script", () => {
  execFileSync("bash", ["-n", join(SCRIPTS, "mkt.bash")]);
});

test.skipIf(!has("zsh"))("zsh finds nothing wrong with its script", () => {
  execFileSync("zsh", ["-n", join(SCRIPTS, "mkt.zsh")]);
});

test.skipIf(!has("fish"))("fish finds nothing wrong with its script", () => {
  execFileSync("fish", ["--no-execute", join(SCRIPTS, "mkt.fish")]);
});
