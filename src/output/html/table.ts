import { type Column, cellText, isRightAligned } from "../table.ts";
import { html, type Markup } from "./markup.ts";

const AS_TEXT = { isTerminal: false, links: false };
/** A day, a month or a moment, which is not to be broken at its hyphens. */
const PERIOD = /^\d{4}-\d{2}(-\d{2}( \d{2}:\d{2}:\d{2})?)?$/;
const CLASSES: Partial<Record<NonNullable<Column<never>["kind"]>, string>> = {
  id: "id",
  time: "time",
};

/** A table that scrolls by itself where the page is too narrow for it. */
export function htmlTable<T>(rows: readonly T[], columns: readonly Column<T>[]): Markup {
  const classOf = (column: Column<T>) =>
    isRightAligned(column) ? "number" : (CLASSES[column.kind ?? "text"] ?? "text");
  const cell = (column: Column<T>, row: T) => {
    const text = cellText(column, row, AS_TEXT);
    return html`<td class="${PERIOD.test(text) ? "time" : classOf(column)}">${text}</td>`;
  };
  return html`<div class="scroll"><table>
<thead><tr>${columns.map((column) => html`<th scope="col" class="${classOf(column)}">${column.header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${columns.map((column) => cell(column, row))}</tr>
`,
)}</tbody>
</table></div>
`;
}

/** Names with what belongs to them; a name without anything is left out. */
export function definitionList(
  pairs: readonly (readonly [name: string, text: string | Markup | null])[],
): Markup {
  return html`<dl>
${pairs
  .filter(([, text]) => text !== null && text !== "")
  .map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>\n`)}</dl>
`;
}
