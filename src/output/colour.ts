import { opensLinks } from "./links.ts";

/** How a stream shows text. */
export interface Terminal {
  isTerminal: boolean;
  columns: number;
  colour: boolean;
  /** Whether it opens hyperlinks. */
  links: boolean;
}

const CODES = {
  bold: 1,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  gray: 90,
} as const;

export type Colour = keyof typeof CODES;

const DEFAULT_COLUMNS = 80;
const COLUMNS_LIMIT = 10_000;

/**
 * What a stream is, by the conventions of the environment, where an empty variable counts as unset:
 * NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM=dumb, and MKT_FORCE_TTY=COLUMNS, which makes anything a terminal
 * of that width.
 */
export function terminalOf(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isForced = Boolean(env.MKT_FORCE_TTY);
  const isTerminal = isForced || stream.isTTY === true;
  const columns = columnsOf(isForced ? Number(env.MKT_FORCE_TTY) : stream.columns);
  const isWanted = isTerminal && env.TERM !== "dumb" && env.CLICOLOR !== "0";
  const isColourForced = (env.CLICOLOR_FORCE || "0") !== "0";
  return {
    isTerminal,
    columns,
    colour: !env.NO_COLOR && (isColourForced || isWanted),
    links: isTerminal && opensLinks(env),
  };
}

/** Some terminals claim 0 columns: then, and for nonsense, it is the usual width. */
function columnsOf(claimed: number | undefined): number {
  const whole = Math.trunc(claimed ?? 0);
  return whole >= 1 && whole <= COLUMNS_LIMIT ? whole : DEFAULT_COLUMNS;
}

/** Text in one of the terminal's own 16 colours, or as it is where there are none. */
export function paint(colour: Colour, text: string, terminal: Pick<Terminal, "colour">): string {
  return terminal.colour ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}
