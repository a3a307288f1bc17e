// Writes docs/states.md and a picture of each machine in docs/states/, from src/domain/transitions.ts. With
// --check it writes nothing, and fails when they are not what it would write.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { statePicture } from "./state-picture.js";

const root = new URL("../", import.meta.url).pathname;
const folder = `${root}docs/states`;

const { outputFiles } = await build({
  entryPoints: [`${root}src/domain/transitions.ts`],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { TRANSITIONS } = await import(`data:text/javascript;base64,${code}`);

const machines = [...new Set(TRANSITIONS.map(({ machine }) => machine))];
const rowsOf = (machine) => TRANSITIONS.filter((row) => row.machine === machine);
const files = new Map([[`${root}docs/states.md`, page()]]);
for (const machine of machines) {
  files.set(`${folder}/${machine}.svg`, statePicture(machine, rowsOf(machine)));
}

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
mkdirSync(folder, { recursive: true });
const spare = readdirSync(folder).map((name) => `${folder}/${name}`);
const changed = [...files].filter(([path, text]) => read(path) !== text).map(([path]) => path);
const old = spare.filter((path) => !files.has(path));
if (process.argv.includes("--check")) {
  for (const path of [...changed, ...old]) console.error(`${path} is out of date: npm run states`);
  process.exitCode = changed.length + old.length > 0 ? 1 : 0;
} else {
  for (const path of changed) writeFileSync(path, files.get(path));
  for (const path of old) rmSync(path);
}

function page() {
  return `${[
    "# States",
    "",
    "<!-- Made by `npm run states` from src/domain/transitions.ts: change that file, not this one. -->",
    "",
    "Everything that can happen to a publication, an order, a payment, a refund, a shipment, a dispute and a",
    "question. What is not in these tables is refused with exit 4, `illegal_transition`. `mkt order why ORDER` says",
    "what is possible for one order, `mkt schema -o json` has these tables for programs.",
    "",
    "In the pictures a full line is something that somebody does, a dotted one what a payment or shipping provider",
    "tells, a broken one what only the clock does. A state with a double border is final.",
    ...machines.flatMap(section),
  ].join("\n")}\n`;
}

function section(machine) {
  const rows = rowsOf(machine);
  const title = machine[0].toUpperCase() + machine.slice(1);
  const finals = [...new Set(rows.map(({ to }) => to))].filter(
    (state) => !rows.some(({ from }) => from === state),
  );
  return [
    "",
    `## ${title}`,
    "",
    `![The states of ${/^[aeiou]/.test(machine) ? "an" : "a"} ${machine}](states/${machine}.svg)`,
    "",
    `Final: ${finals.length > 0 ? finals.map((state) => `\`${state}\``).join(", ") : "none"}.`,
    "",
    "| from | event | to | who | only if | by itself | command |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(({ from, event, to, actors, guard = "", timer = "", command }) => {
      const cells = [
        from ?? "–",
        event,
        to,
        actors.join(", "),
        guard,
        timer,
        command ? `\`${command}\`` : "",
      ];
      return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    }),
  ];
}
