import { SingleBar } from "cli-progress";
import type { Terminal } from "./colour.ts";
import { displayWidth } from "./safe-text.ts";

/** Progress of something long, on stderr. */
export interface Progress {
  /** So many are done. Another label begins a phase of its own: rate and remaining time count from there. */
  update(done: number, more?: { total?: number; failures?: number; label?: string }): void;
  /** Ends the bar. To be called whatever happens. */
  done(): void;
}

interface State {
  done: number;
  /** 0: not known. */
  total: number;
  failures: number;
  label: string;
}

const QUIET_MS = 1_000;
const LINE_EVERY_MS = 5_000;
const BAR_WIDEST = 40;
const BAR_NARROWEST = 10;

/** A bar with rate and remaining time on a terminal, a line now and then elsewhere; nothing in the first second. */
export function progressBar(options: {
  stream: NodeJS.WritableStream & { isTTY?: boolean };
  terminal: Pick<Terminal, "isTerminal" | "columns">;
  label: string;
  total: number;
  now?: () => number;
}): Progress {
  const { stream, terminal, now = () => performance.now() } = options;
  const startedAt = now();
  const hasBar = terminal.isTerminal && stream.isTTY === true;
  let state: State = { done: 0, total: options.total, failures: 0, label: options.label };
  let phase = { startedAt, done: 0 };
  let lineAt = startedAt;
  let bar: SingleBar | undefined;

  const figures = () => figuresOf(state, state.done - phase.done, now() - phase.startedAt);
  const line = () => {
    lineAt = now();
    stream.write(`${state.label} ${figures()}\n`);
  };
  const draw = () => {
    bar ??= startBar(stream, () => barLine(state, figures(), terminal.columns));
    bar.update(state.done);
  };
  return {
    update: (done, more = {}) => {
      if (more.label !== undefined && more.label !== state.label)
        phase = { startedAt: now(), done };
      state = { ...state, ...more, done };
      if (now() - startedAt < QUIET_MS) return;
      if (hasBar) draw();
      else if (now() - lineAt >= LINE_EVERY_MS) line();
    },
    done: () => {
      if (hasBar) bar?.stop();
      else if (now() - startedAt >= QUIET_MS) line();
    },
  };
}

/** It leaves cursor and line wrapping alone: a process that is killed cannot put them back. */
function startBar(stream: NodeJS.WritableStream, format: () => string): SingleBar {
  const bar = new SingleBar({ stream, format, linewrap: true, hideCursor: false });
  bar.start(1, 0);
  return bar;
}

function barLine(state: State, figures: string, columns: number): string {
  const { label, done, total } = state;
  // The last column stays free: clearing to the line's end takes the character that stands there.
  const room = columns - 1 - displayWidth(`${label} [] ${figures}`);
  if (total === 0 || room < BAR_NARROWEST) return `${label} ${figures}`;
  const width = Math.min(BAR_WIDEST, room);
  const full = Math.round(width * Math.min(1, done / total));
  return `${label} [${"=".repeat(full)}${"-".repeat(width - full)}] ${figures}`;
}

/** Such as `120 of 3694, 3 failed, 40/s, 1m29s left`. */
function figuresOf({ done, total, failures }: State, doneInPhase: number, phaseMs: number): string {
  const perSecond = (1_000 * doneInPhase) / Math.max(1, phaseMs);
  const left = perSecond > 0 ? (total - done) / perSecond : 0;
  return [
    total > 0 ? `${done} of ${total}` : `${done}`,
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(perSecond > 0 ? [`${rounded(perSecond)}/s`] : []),
    ...(left >= 1 ? [`${duration(left)} left`] : []),
  ].join(", ");
}

/** Slow work does not stand still: below 10 the rate has a decimal. */
function rounded(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}m${whole % 60}s`
    : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
