import { SingleBar } from "cli-progress";
import type { Terminal } from "./colour.ts";

/** Progress of something long, on stderr. */
export interface Progress {
  update(done: number, more?: { total?: number; failures?: number; label?: string }): void;
  done(): void;
}

const QUIET_MS = 1_000;
const LINE_EVERY_MS = 5_000;

/** A bar with rate and remaining time on a terminal, a line now and then elsewhere; nothing in the first second. */
export function progressBar(options: {
  stream: NodeJS.WritableStream;
  terminal: Terminal;
  label: string;
  total: number;
  now?: () => number;
}): Progress {
  const { stream, terminal, now = () => performance.now() } = options;
  const startedAt = now();
  let state = { done: 0, total: options.total, failures: 0, label: options.label };
  let bar: SingleBar | undefined;
  let lineAt = startedAt;

  const rate = () => Math.round((1_000 * state.done) / Math.max(1, now() - startedAt));
  const failed = () => (state.failures > 0 ? `, ${state.failures} failed` : "");
  const line = () => {
    lineAt = now();
    stream.write(`${state.label} ${state.done} of ${state.total}${failed()}, ${rate()}/s\n`);
  };
  return {
    update: (done, more = {}) => {
      state = { ...state, ...more, done };
      if (now() - startedAt < QUIET_MS) return;
      if (!terminal.isTerminal) {
        if (now() - lineAt >= LINE_EVERY_MS) line();
        return;
      }
      if (!bar) {
        bar = new SingleBar({
          stream,
          format: "{label} [{bar}] {value}/{total} · {rate}/s · {eta_formatted} left{failed}",
          hideCursor: true,
        });
        bar.start(state.total, done, { label: state.label, rate: rate(), failed: failed() });
      }
      bar.setTotal(state.total);
      bar.update(done, { label: state.label, rate: rate(), failed: failed() });
    },
    done: () => {
      bar?.stop();
      if (!terminal.isTerminal && now() - startedAt >= QUIET_MS) line();
    },
  };
}
