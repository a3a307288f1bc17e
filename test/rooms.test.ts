import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const planted: string[] = [];

afterEach(() => {
  for (const file of planted.splice(0)) rmSync(file, { force: true });
});

/** Writes a file into a room and says what the lint rule for borders finds in it. */
function lint(file: string, text: string): string {
  const path = join(root, file);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  planted.push(path);
  const biome = join(root, "node_modules", ".bin", "biome");
  try {
    execFileSync(biome, ["lint", "--only=style/noRestrictedImports", path], {
      cwd: root,
      encoding: "utf8",
      stdio: "pipe",
    });
    return "";
  } catch (error) {
    return error instanceof Error && "stderr" in error && "stdout" in error
      ? `${error.stdout}${error.stderr}`
      : String(error);
  }
}

test.for([
  ["src/domain/planted.ts", 'import { openDeps } from "../deps.ts";\nopenDeps;\n'],
  [
    "src/domain/planted.ts",
    'import type { Deps } from "../deps.ts";\nexport type Planted = Deps;\n',
  ],
  ["src/stores/aurora/planted.ts", 'export { buy } from "../../operations/buy.ts";\n'],
  [
    "src/stores/aurora/planted.ts",
    'export const planted = () => import("../../operations/buy.ts");\n',
  ],
  [
    "src/providers/planted.ts",
    'import type { OrderStore } from "../stores/aurora/orders.ts";\nexport type Planted = OrderStore;\n',
  ],
  [
    "src/commands/planted.ts",
    'import { orderStore } from "../stores/aurora/orders.ts";\norderStore;\n',
  ],
  [
    "src/worker/planted.ts",
    'import { runSupervisor } from "../local/supervisor.ts";\nrunSupervisor;\n',
  ],
  ["src/worker/planted.ts", 'import { registerBuy } from "../commands/buy.ts";\nregisterBuy;\n'],
])("%s may not reach up, sideways, or past the operations: %s", ([file = "", text = ""]) => {
  expect(lint(file, text)).toContain("noRestrictedImports");
});

test("what is below may be imported", () => {
  expect(
    lint(
      "src/operations/planted.ts",
      'import type { Deps } from "../deps.ts";\nexport type Planted = Deps;\n',
    ),
  ).toBe("");
});
