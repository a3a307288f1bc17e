/** An engine or simulator of the embedded stack that this process runs. */
export interface Running {
  /** Stops it; resolves when nothing of it is left. */
  close(): Promise<void>;
}
