import type { ProcessIdentity } from "./processes.ts";
import type { Running } from "./running.ts";

/** A running engine, and the process that it lives in: the supervisor's, or one of its own. */
export interface RunningEngine extends Running {
  process: ProcessIdentity;
}

/** One engine of the embedded stack. */
export interface Engine {
  /** Where its data is; undefined when it keeps none of its own. */
  dataDirectory: string | undefined;
  /** Resolves when the engine takes requests; takes over what an earlier supervisor left behind. */
  start(): Promise<RunningEngine>;
}
