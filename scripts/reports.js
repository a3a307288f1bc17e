// Writes docs/reports.md from src/reports/. With --check it writes nothing, and fails when the page is not what it
// would write.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const root = new URL("../", import.meta.url).pathname;
const file = `${root}docs/reports.md`;

const { outputFiles } = await build({
  entryPoints: [`${root}src/reports/all.ts`],
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { REPORTS } = await import(`data:text/javascript;base64,${code}`);

const KINDS = {
  text: "text",
  id: "id",
  integer: "whole number",
  number: "number",
  money: "money, in minor units of the row's `currency`",
  share: "share, 0 to 1",
  hours: "hours",
};

const wanted = page();
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== wanted) {
    console.error(`${file} is out of date: npm run reports`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, wanted);
}

function page() {
  return `${[
    "# Reports",
    "",
    "<!-- Made by `npm run reports` from src/reports/: change those files, not this one. -->",
    "",
    "What each report answers and how its figures are defined. `mkt report NAME --explain` says the same with the SQL",
    "that it runs, which can be pasted into psql. What holds for all of them:",
    "",
    "- Days, weeks (from Monday) and months are those of the marketplace's time zone, for orders of an imported history",
    "  those of its own; `--time-zone` tells all by one.",
    "- `--since` and `--until` are days or local times; `--until` itself is not in it. Unless a report says otherwise,",
    "  they choose what was placed, asked, seen or posted in that time.",
    "- Times that an import inferred are left out where a figure is made of them.",
    "- Money is in minor units in formats for programs, a row for each currency. A share of nothing is empty.",
    "- Rows come in a fixed order: by time, or the largest first and then by id. `--limit` keeps the first of them.",
    "- Analysts' views have no e-mail, name or address, and reports read nothing else.",
    "",
    "Why they are so: [decisions/reports.md](decisions/reports.md).",
    "",
    ...table(
      ["report", "answers", "by"],
      REPORTS.map(({ name, answers, groupings }) => [
        `[${name}](#${name})`,
        answers,
        groupings.join(", "),
      ]),
    ),
    ...REPORTS.flatMap(section),
  ].join("\n")}\n`;
}

function section({ name, answers, definition, groupings, columns }) {
  const [usual, ...others] = groupings;
  const by = others.length > 0 ? `, or by ${others.join(", ")}` : "";
  return [
    "",
    `## ${name}`,
    "",
    `${answers} By ${usual}${by}.`,
    "",
    ...definition.map((sentence) => `- ${sentence}`),
    "",
    ...table(
      ["column", "is", "means"],
      columns(usual).map(({ key, kind, means = "" }) => [`\`${key}\``, KINDS[kind], means]),
    ),
  ];
}

function table(header, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}
