/** What was pressed: a character as it is, or the name of a key. */
export type KeyPress = string;

/** What Ink tells of a key; only what is used here. */
export interface InkKey {
  upArrow: boolean;
  downArrow: boolean;
  leftArrow: boolean;
  rightArrow: boolean;
  pageDown: boolean;
  pageUp: boolean;
  home: boolean;
  end: boolean;
  return: boolean;
  escape: boolean;
  ctrl: boolean;
  shift: boolean;
  tab: boolean;
  backspace: boolean;
  delete: boolean;
}

const NAMES: readonly (readonly [keyof InkKey, KeyPress])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageDown", "pagedown"],
  ["pageUp", "pageup"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "esc"],
  ["backspace", "backspace"],
  ["delete", "backspace"],
];
const CONTROLS: Readonly<Record<string, KeyPress>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u0003": "ctrl-c",
  "\u0015": "ctrl-u",
};

/** The keys of one piece of input: those that come together come as one string. */
export function keysOf(input: string, key: InkKey): KeyPress[] {
  if (key.tab) return [key.shift ? "shift-tab" : "tab"];
  const name = NAMES.find(([flag]) => key[flag]);
  if (name) return [name[1]];
  if (key.ctrl) return [`ctrl-${input}`];
  return [...input].map((character) => CONTROLS[character] ?? character);
}
