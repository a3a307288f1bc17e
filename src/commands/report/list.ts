import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { Column } from "../../output/table.ts";
import { REPORTS } from "../../reports/all.ts";
import type { Report } from "../../reports/report.ts";
import { withColumns } from "../columns.ts";
import { examples } from "../parse.ts";

const columns: readonly Column<ListedReport>[] = [
  { key: "name", header: "REPORT", kind: "id", value: ({ name }) => name },
  { key: "answers", header: "ANSWERS", value: ({ answers }) => answers },
  { key: "by", header: "BY", value: ({ by }) => by.join(" ") },
  {
    key: "definition",
    header: "DEFINED",
    value: ({ definition }) => definition.join(" "),
    wide: true,
  },
];

interface ListedReport {
  name: string;
  answers: string;
  by: readonly string[];
  definition: readonly string[];
}

const listed = ({ name, answers, groupings, definition }: Report): ListedReport => ({
  name,
  answers,
  by: groupings,
  definition,
});

export function registerReportList(group: Command, mkt: Context): void {
  withColumns(group.command("list"), columns)
    .description("List the reports: what each answers, and how it is defined.")
    .addHelpText("after", examples("mkt report list", "mkt report list -o json"))
    .action(() => {
      mkt.printList({ items: REPORTS.map(listed) }, columns);
    });
}
