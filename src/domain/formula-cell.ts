/**
 * What makes a spreadsheet take a cell for a formula: csv-stringify's list for `escape_formulas`, the
 * full-width forms of = + - @ among them, which Numbers turns into the plain ones.
 */
const FORMULA = "[=+\\-@\\t\\r\\uFF1D\\uFF0B\\uFF0D\\uFF20]";
const STARTS_FORMULA = new RegExp(`^'*${FORMULA}`);
const ESCAPED_FORMULA = new RegExp(`^'+${FORMULA}`);

/**
 * The text with an apostrophe before what a spreadsheet would compute. A text that has apostrophes there
 * of its own gets one more, since `unescapeFormula` takes one away: it gives back every text as it was.
 */
export function escapeFormula(text: string): string {
  return STARTS_FORMULA.test(text) ? `'${text}` : text;
}

/** The text that `escapeFormula` was given; a cell that needs no escape stays what it is. */
export function unescapeFormula(cell: string): string {
  // Nearly every cell ends here, and a file has millions of them.
  if (cell.charCodeAt(0) !== APOSTROPHE) return cell;
  return ESCAPED_FORMULA.test(cell) ? cell.slice(1) : cell;
}

const APOSTROPHE = 0x27;
