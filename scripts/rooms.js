// Writes biome.json: format and lint rules, and the borders between rooms, from one list.
import { readFileSync, writeFileSync } from "node:fs";

/** Top floor first. A room imports only from floors below its own, and from itself. */
const floors = [
  ["main.ts"],
  ["commands/**", "lambda/**", "worker/**"],
  ["tui/**"],
  ["context.ts"],
  ["operations/**"],
  ["reports/**", "graph/**"],
  ["deps.ts"],
  ["local/**"],
  ["providers/**", "stores/**"],
  ["config.ts"],
  ["output/**", "input/**"],
  ["domain/**"],
  ["errors.ts"],
];

/** Rooms that say what they want by calling operations, never by reaching a store themselves. */
const waysIn = [1, 2];
const behindOperations = ["stores/**", "providers/**", "local/**"];

const noRestrictedImports = (level, patterns) => ({
  linter: {
    rules: {
      style: {
        noRestrictedImports: patterns ? { level, options: { patterns } } : { level, options: {} },
      },
    },
  },
});

const ban = (rooms, message) => ({
  group: [...rooms.map((room) => `**/${room}`), "!./**"],
  message,
});

const borders = floors.flatMap((floor, level) =>
  floor.flatMap((room) => {
    const above = floors.slice(0, level).flat();
    const beside = floor.filter((other) => other !== room);
    const patterns = [ban([...above, ...beside], `src/${room} imports only from rooms below it`)];
    if (waysIn.includes(level)) patterns.push(ban(behindOperations, "call an operation instead"));
    const real = patterns.filter((pattern) => pattern.group.length > 1);
    return real.length
      ? [{ includes: [`src/${room}`], ...noRestrictedImports("error", real) }]
      : [];
  }),
);

const biome = {
  $schema: "./node_modules/@biomejs/biome/configuration_schema.json",
  vcs: { enabled: true, clientKind: "git", useIgnoreFile: true },
  files: { includes: ["**", "!**/package-lock.json"] },
  formatter: { indentStyle: "space", indentWidth: 2, lineWidth: 100 },
  linter: {
    rules: {
      preset: "recommended",
      suspicious: { noExplicitAny: "error", noConsole: "error" },
      style: {
        noNonNullAssertion: "error",
        noDefaultExport: "error",
        noEnum: "error",
        useImportType: "error",
        useNodejsImportProtocol: "error",
      },
      correctness: { noUnusedImports: "error", noUnusedVariables: "error" },
    },
  },
  overrides: [
    ...borders,
    { includes: ["biome.json"], formatter: { enabled: false } },
    {
      includes: ["src/**/*.test.ts", "src/**/*.test.tsx", "src/testing/**"],
      ...noRestrictedImports("off"),
    },
    {
      includes: ["*.config.ts", "scripts/**", "bin/**", "bench/**", "**/*.d.ts"],
      linter: { rules: { style: { noDefaultExport: "off" }, suspicious: { noConsole: "off" } } },
    },
  ],
};

const text = `${JSON.stringify(biome, null, 2)}\n`;
const file = new URL("../biome.json", import.meta.url);
let current = "";
try {
  current = readFileSync(file, "utf8");
} catch {
  // The first run makes it.
}
if (current !== text) writeFileSync(file, text);
