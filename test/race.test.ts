import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { openAurora } from "../src/stores/aurora/client.ts";
import { type LocalStack, type Outcome, startLocalStack } from "../src/testing/local-stack.ts";

const TIMEOUT_MS = 120_000;
const BUYERS = 20;
const UNITS = 5;

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, TIMEOUT_MS);
afterAll(() => stack.remove(), TIMEOUT_MS);

/** Runs the program as people do: a process of its own. */
async function runProgram(...argv: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(packageDirectory(), "bin", "mkt.js"), ...argv], {
    env: { ...process.env, MKT_HOME: stack.home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? -1));
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { exitCode, stdout, stderr };
}

test(
  "twenty processes buy the last five units: five orders, fifteen clear refusals, stock zero",
  async () => {
    const seller = await stack.register("ana");
    const buyers: string[] = [];
    for (let n = 1; n <= BUYERS; n += 1) buyers.push(await stack.register(`buyer${n}`));
    const { id } = await stack.json<{ id: string }>([
      "publish",
      "--title",
      "Lamp",
      "--price",
      "25.00",
      "--stock",
      `${UNITS}`,
      "--as",
      seller,
    ]);

    const outcomes = await Promise.all(
      buyers.map((buyer) => runProgram("buy", id, "--key", "race", "--as", buyer, "--json")),
    );
    const sold = outcomes.filter(({ exitCode }) => exitCode === 0);
    const refused = outcomes.filter(({ exitCode }) => exitCode !== 0);
    const refusal = {
      exitCode: 4,
      stdout: "",
      error: { code: "out_of_stock", message: `publication ${id} has 0 left, 1 wanted` },
    };
    expect(
      refused.map(({ stderr, ...outcome }) => ({ ...outcome, ...JSON.parse(stderr) })),
    ).toMatchObject(Array(BUYERS - UNITS).fill(refusal));
    const orders = sold.map(({ stdout }) => JSON.parse(stdout).orders[0].id);
    expect(new Set(orders).size).toBe(UNITS);

    const db = openAurora(stack.config.profile);
    try {
      const placed = await db.selectFrom("order").select(["id", "state"]).execute();
      expect(placed.map((order) => order.id).sort()).toEqual(orders.sort());
      expect(placed.map(({ state }) => state)).toEqual(Array(UNITS).fill("reserved"));
      const row = await db.selectFrom("publication").select("stock").execute();
      expect(row).toEqual([{ stock: 0 }]);
      const movements = await db.selectFrom("stockMovement").select("delta").execute();
      expect(movements.map(({ delta }) => delta).sort()).toEqual([-1, -1, -1, -1, -1, UNITS]);
    } finally {
      await db.destroy();
    }
  },
  TIMEOUT_MS,
);
