import type { Actor } from "../../domain/actor.ts";
import type { HistoryMapping } from "../../domain/mapping/history.ts";

/** A row of a file that is not imported. */
export interface RejectedRow {
  file: string;
  line: number;
  reason: string;
}

/** An order in which the source contradicts itself or lacks something. */
export interface FlaggedOrder {
  externalId: string;
  orderId: string;
  flags: string;
  reason: string;
}

export type ImportPhase = "reading" | "checking" | "importing" | "indexing";

export interface ImportRequest {
  actor: Actor;
  directory: string;
  mapping: HistoryMapping;
  /** Only says what an import would do. */
  dryRun: boolean;
  /** Waits until the pages are there. */
  wait: boolean;
  /** How many purchases one transaction writes. */
  batch?: number;
  /** Stops after the batch that is under way. */
  stopping: AbortSignal;
  /** `total` is 0 where nobody knows it. */
  progress: (phase: ImportPhase, done: number, total: number) => void;
  /** Given all rejected rows, by file and line, some at a time. */
  onRejected: (rows: readonly RejectedRow[]) => Promise<void>;
  /** Given the flagged orders, in the order of time, some at a time. */
  onFlagged: (orders: readonly FlaggedOrder[]) => Promise<void>;
}
