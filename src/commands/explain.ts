import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { ERROR_GUIDE, type ErrorGuide } from "../domain/error-guide.ts";
import { nearestWord } from "../domain/nearest-word.ts";
import { BUG_EXIT, ERRORS, type ErrorCode, MktError } from "../errors.ts";
import { block } from "../output/story.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import { examples } from "./parse.ts";

interface Explained extends ErrorGuide {
  code: string;
  exit: number;
  /** Whether the same command later can succeed by itself. */
  retry: boolean;
}

const columns: readonly Column<Explained>[] = [
  { key: "exit", header: "EXIT", kind: "number", value: ({ exit }) => exit },
  { key: "code", header: "CODE", value: ({ code }) => code },
  { key: "retry", header: "REPEAT", value: ({ retry }) => (retry ? "can help" : "no") },
  { key: "meaning", header: "MEANS", value: ({ meaning }) => meaning },
];

const bug: Explained = { code: "bug", exit: BUG_EXIT, retry: false, ...ERROR_GUIDE.bug };
const known: readonly Explained[] = [
  ...(Object.keys(ERRORS) as ErrorCode[]).map((code) => {
    return { code, ...ERRORS[code], ...ERROR_GUIDE[code] };
  }),
  bug,
];

export function registerExplain(program: Command, mkt: Context): void {
  withColumns(program.command("explain"), columns)
    .summary("explain an error")
    .description(
      "Explain an error: what it means, whether a repeat can help, why it happens and what to do. Takes the code that an error ends with, or an exit code; without one it lists all.",
    )
    .argument("[code]", "as in brackets at the end of an error, or an exit code")
    .addHelpText("after", examples("mkt explain", "mkt explain out_of_stock", "mkt explain 4"))
    .action((code) => {
      if (code === undefined) return mkt.printList({ items: known }, columns);
      if (/^\d+$/.test(code)) return mkt.printList({ items: withExit(Number(code)) }, columns);
      return mkt.print(find(code), explanation);
    });
}

function withExit(exit: number): readonly Explained[] {
  const found = known.filter((each) => each.exit === exit);
  if (found.length > 0) return found;
  const exits = [...new Set(known.map((each) => each.exit))].join(", ");
  const why = exit === 0 ? "exit 0 is no error" : `mkt never exits with ${exit}`;
  throw new MktError("not_found", why, { hint: `mkt explain lists all; exit codes: ${exits}` });
}

function find(text: string): Explained {
  const code = text.replaceAll(/[[\]]/g, "").trim().toLowerCase().replaceAll("-", "_");
  const found = known.find((each) => each.code === code);
  if (found) return found;
  const near = nearestWord(
    code,
    known.map((each) => each.code),
  );
  throw new MktError("not_found", `there is no error code ${JSON.stringify(text)}`, {
    hint: near ? `mkt explain ${near}` : "mkt explain lists them",
  });
}

function explanation({ code, exit, retry, meaning, causes, remedies }: Explained): string {
  const list = (name: string, texts: readonly string[]) =>
    texts.map((text, index) => [index === 0 ? name : "", text] as const);
  return block([
    ["code", code],
    ["exit", String(exit)],
    ["means", meaning],
    ["repeat", retry ? "can help: the same command later may succeed" : "does not help by itself"],
    ...list("why", causes),
    ...list(
      "do",
      remedies.map(({ what, command }) => (command ? `${what}: ${command}` : what)),
    ),
  ]);
}
