import type { Terminal } from "./colour.ts";
import { safeLine } from "./safe-text.ts";

/** Where something is to be seen, and a short text that stands for it where terminals can open links. */
export interface Link {
  url: string;
  label: string;
}

/** Nothing in it can end the escape sequence that it stands in. */
const LINKABLE = /^(https?|file):[\u0021-\u007e]+$/;

/** The label as an OSC 8 hyperlink on a terminal that opens such links, else the whole URL. */
export function hyperlink({ url, label }: Link, { links }: Pick<Terminal, "links">): string {
  if (!links || !LINKABLE.test(url)) return safeLine(url);
  return `\u001b]8;;${url}\u001b\\${safeLine(label)}\u001b]8;;\u001b\\`;
}

const PROGRAMS = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"];
const TERMS = /^(xterm-kitty|xterm-ghostty|alacritty|foot|contour)/;
const VARIABLES = ["KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM"] as const;
/** The first VTE (GNOME Terminal and its kin) that knows hyperlinks. */
const VTE_VERSION = 5_000;

/**
 * Whether a terminal opens OSC 8 links: there is no way to ask it, so its environment tells. FORCE_HYPERLINK
 * decides otherwise; tmux and screen often drop the link and leave the label, so they get the URL.
 */
export function opensLinks(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.FORCE_HYPERLINK) return env.FORCE_HYPERLINK !== "0";
  const term = env.TERM ?? "";
  if (env.TMUX || env.STY || /^(screen|tmux|dumb)/.test(term)) return false;
  return (
    PROGRAMS.includes(env.TERM_PROGRAM ?? "") ||
    TERMS.test(term) ||
    VARIABLES.some((name) => env[name]) ||
    Number(env.VTE_VERSION ?? 0) >= VTE_VERSION
  );
}
