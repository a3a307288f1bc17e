import { expect, test } from "vitest";
import { paint, terminalOf } from "./colour.ts";

const tty = { isTTY: true, columns: 100 };
const pipe = {};

test.for([
  { what: "a terminal", stream: tty, env: {}, isTerminal: true, colour: true, columns: 100 },
  { what: "a pipe", stream: pipe, env: {}, isTerminal: false, colour: false, columns: 80 },
  {
    what: "NO_COLOR",
    stream: tty,
    env: { NO_COLOR: "1" },
    isTerminal: true,
    colour: false,
    columns: 100,
  },
  {
    what: "an empty NO_COLOR",
    stream: tty,
    env: { NO_COLOR: "" },
    isTerminal: true,
    colour: true,
    columns: 100,
  },
  {
    what: "TERM=dumb",
    stream: tty,
    env: { TERM: "dumb" },
    isTerminal: true,
    colour: false,
    columns: 100,
  },
  {
    what: "CLICOLOR=0",
    stream: tty,
    env: { CLICOLOR: "0" },
    isTerminal: true,
    colour: false,
    columns: 100,
  },
  {
    what: "colour forced into a pipe",
    stream: pipe,
    env: { CLICOLOR_FORCE: "1" },
    isTerminal: false,
    colour: true,
    columns: 80,
  },
  {
    what: "colour not forced",
    stream: pipe,
    env: { CLICOLOR_FORCE: "0" },
    isTerminal: false,
    colour: false,
    columns: 80,
  },
  {
    what: "an empty CLICOLOR_FORCE",
    stream: pipe,
    env: { CLICOLOR_FORCE: "" },
    isTerminal: false,
    colour: false,
    columns: 80,
  },
  {
    what: "NO_COLOR over CLICOLOR_FORCE",
    stream: tty,
    env: { NO_COLOR: "1", CLICOLOR_FORCE: "1" },
    isTerminal: true,
    colour: false,
    columns: 100,
  },
  {
    what: "a forced terminal",
    stream: pipe,
    env: { MKT_FORCE_TTY: "60" },
    isTerminal: true,
    colour: true,
    columns: 60,
  },
  {
    what: "a forced width",
    stream: tty,
    env: { MKT_FORCE_TTY: "60" },
    isTerminal: true,
    colour: true,
    columns: 60,
  },
  {
    what: "forced without a width",
    stream: tty,
    env: { MKT_FORCE_TTY: "yes" },
    isTerminal: true,
    colour: true,
    columns: 80,
  },
  {
    what: "a forced width below zero",
    stream: pipe,
    env: { MKT_FORCE_TTY: "-5" },
    isTerminal: true,
    colour: true,
    columns: 80,
  },
  {
    what: "an enormous width",
    stream: pipe,
    env: { MKT_FORCE_TTY: "1e9" },
    isTerminal: true,
    colour: true,
    columns: 80,
  },
  {
    what: "a terminal of no width",
    stream: { isTTY: true, columns: 0 },
    env: {},
    isTerminal: true,
    colour: true,
    columns: 80,
  },
])("$what", ({ stream, env, isTerminal, colour, columns }) => {
  expect(terminalOf(stream, env)).toEqual({ isTerminal, colour, columns, links: false });
});

test.for([
  { what: "kitty", env: { TERM: "xterm-kitty" }, links: true },
  { what: "GNOME Terminal", env: { TERM: "xterm-256color", VTE_VERSION: "7600" }, links: true },
  { what: "an old VTE", env: { VTE_VERSION: "4999" }, links: false },
  { what: "VS Code", env: { TERM_PROGRAM: "vscode" }, links: true },
  { what: "an unknown terminal", env: { TERM: "xterm-256color" }, links: false },
  {
    what: "tmux inside of kitty",
    env: { TERM: "tmux-256color", TMUX: "x", KITTY_WINDOW_ID: "1" },
    links: false,
  },
  { what: "links forced", env: { FORCE_HYPERLINK: "1" }, links: true },
  { what: "links forbidden", env: { FORCE_HYPERLINK: "0", TERM: "xterm-kitty" }, links: false },
])("$what opens links: $links", ({ env, links }) => {
  expect(terminalOf(tty, env).links).toBe(links);
  expect(terminalOf(pipe, env).links).toBe(false);
});

test("paints with the terminal's own colours, or not at all", () => {
  expect(paint("red", "no", { colour: true })).toBe("\u001b[31mno\u001b[0m");
  expect(paint("red", "no", { colour: false })).toBe("no");
});
