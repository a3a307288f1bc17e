/** How a stream shows text. */
export interface Terminal {
  isTerminal: boolean;
  columns: number;
  colour: boolean;
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

/**
 * What a stream is, by the conventions of the environment: NO_COLOR, CLICOLOR_FORCE, TERM=dumb, and
 * MKT_FORCE_TTY=COLUMNS, which makes anything a terminal of that width.
 */
export function terminalOf(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const forced = env.MKT_FORCE_TTY ? Number(env.MKT_FORCE_TTY) || DEFAULT_COLUMNS : undefined;
  const isTerminal = forced !== undefined || stream.isTTY === true;
  const columns = forced ?? stream.columns ?? DEFAULT_COLUMNS;
  const wanted = isTerminal && env.TERM !== "dumb";
  const colour = env.NO_COLOR ? false : wanted || (env.CLICOLOR_FORCE ?? "0") !== "0";
  return { isTerminal, columns, colour };
}

/** Text in one of the terminal's own 16 colours, or as it is where there are none. */
export function paint(colour: Colour, text: string, terminal: Pick<Terminal, "colour">): string {
  return terminal.colour ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}
