/** Every expected failure: its exit code, and whether repeating the command later can help. */
export const ERRORS = {
  usage: { exit: 2, retry: false },
  invalid: { exit: 2, retry: false },
  not_found: { exit: 3, retry: false },
  conflict: { exit: 4, retry: false },
  out_of_stock: { exit: 4, retry: false },
  stale_version: { exit: 4, retry: false },
  illegal_transition: { exit: 4, retry: false },
  key_reused: { exit: 4, retry: false },
  declined: { exit: 5, retry: false },
  unavailable: { exit: 6, retry: true },
  not_logged_in: { exit: 7, retry: false },
  not_allowed: { exit: 7, retry: false },
  rows_failed: { exit: 8, retry: false },
  check_failed: { exit: 9, retry: false },
  interrupted: { exit: 130, retry: true },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** Anything that is not an MktError is a bug in mkt: its stack is printed and the exit code is this. */
export const BUG_EXIT = 70;

/** An expected failure: a code for scripts, a sentence for people, a hint on what to do next. */
export class MktError extends Error {
  override readonly name = "MktError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof MktError && error.code === code;
}
