import { MktError } from "../errors.ts";
import { ReadFault } from "./read-fault.ts";

/** One record as it stands in the file, without the end of its line; lines count from 1. */
export interface TextRecord {
  line: number;
  text: string;
  /** Set when there is a quote in it. */
  quoted: boolean;
  /** Set when a quote in it does not close: what to say where nothing before that quote is wrong. */
  unclosed?: string;
  hasNul: boolean;
}

export interface Records {
  /** The next record of what was read; undefined when there is none before the next `fill`. */
  take(): TextRecord | undefined;
  /** Reads on. False at the end. Throws `invalid` with the line for what cannot be read. */
  fill(): Promise<boolean>;
  /** An error in a record, with its line. */
  failure(line: number, why: string, hint: string): MktError;
  /** Ends the reading before its end. */
  close(): Promise<void>;
}

export interface RecordOptions {
  /** How the file is called in errors. */
  name: string;
  format: "csv" | "ndjson";
}

const HELD_BYTES = 256 * 1024;
const RECORD_LIMIT_BYTES = 1024 * 1024;
const [LF, CR, QUOTE, NUL] = [0x0a, 0x0d, 0x22, 0];
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a text in UTF-8 into records: lines, and in CSV those that quotes hold together. Lines end as the
 * first one does: by LF, with or without CR before it, or, when it has none, by CR. Empty lines are left out.
 *
 * A record's text is a string of its own, so that a cell somebody keeps does not keep what was read around it.
 */
export function readRecords(
  chunks: AsyncIterator<Buffer>,
  { name, format }: RecordOptions,
): Records {
  const inQuotes = format === "csv";
  const held = holder();
  let buffer: Buffer = EMPTY;
  let start = 0;
  let line = 1;
  let taken = 0;
  let ended = false;
  let lineEnd: number | undefined;
  let nextQuote = -1;
  let nextNul = -1;
  let openQuote: number | undefined;

  const find = (byte: number, from: number): number => {
    const index = buffer.indexOf(byte, from);
    return index === -1 ? Number.POSITIVE_INFINITY : index;
  };

  const failure: Records["failure"] = (at, why, hint) =>
    new MktError(
      "invalid",
      `${name} is not readable as ${format.toUpperCase()} in the row that begins at line ${at}: ${why}`,
      { hint },
    );

  /** The index of the end of the line that ends the record, or undefined when that was not read yet. */
  const recordEnd = (): number | undefined => {
    openQuote = undefined;
    lineEnd ??= firstLineEnd(buffer, start, inQuotes, ended);
    if (lineEnd === undefined) return undefined;
    let end = find(lineEnd, start);
    if (!inQuotes) return atHand(end);
    if (nextQuote < start) nextQuote = find(QUOTE, start);
    let quote = nextQuote;
    while (quote < end) {
      const close = find(QUOTE, quote + 1);
      if (close > buffer.length) {
        openQuote = quote;
        return undefined;
      }
      if (end < close) end = find(lineEnd, close + 1);
      quote = find(QUOTE, close + 1);
    }
    return atHand(end);
  };

  const atHand = (end: number): number | undefined => {
    if (end < buffer.length) return end;
    return ended ? buffer.length : undefined;
  };

  const tooLong = (): MktError =>
    failure(
      line,
      "it is longer than 1 MB",
      "a row may have 1 MB: split it, or see whether its lines end as those of a text do",
    );

  const linesIn = (from: number, to: number): number => {
    const end = lineEnd ?? LF;
    let count = 0;
    for (let at = find(end, from); at < to; at = find(end, at + 1)) count += 1;
    return count;
  };

  /** What was read of a record whose quotes do not match; it is the last one. */
  const unclosedRecord = (isLong: boolean): TextRecord => {
    const text = buffer.toString("utf8", start);
    buffer = EMPTY;
    ended = true;
    const unclosed = `a quote does not close${isLong ? " within 1 MB" : ""}`;
    return { line, text, quoted: true, hasNul: false, unclosed };
  };

  const take = (): TextRecord | undefined => {
    while (start < buffer.length) {
      const end = recordEnd();
      const isLong = (end ?? buffer.length) - start > RECORD_LIMIT_BYTES;
      if (openQuote !== undefined && (isLong || ended)) return unclosedRecord(isLong);
      if (isLong) throw tooLong();
      if (end === undefined) return undefined;
      const stop = lineEnd === LF && end > start && buffer[end - 1] === CR ? end - 1 : end;
      if (stop === start) {
        line += 1;
        start = end + 1;
        continue;
      }
      if (nextNul < start) nextNul = find(NUL, start);
      const quoted = inQuotes && nextQuote < stop;
      const record = {
        line,
        text: buffer.toString("utf8", start, stop),
        quoted,
        hasNul: nextNul < stop,
      };
      line += quoted ? 1 + linesIn(start, end) : 1;
      start = end + 1;
      taken += 1;
      return record;
    }
    return undefined;
  };

  const fill = async (): Promise<boolean> => {
    if (ended) return false;
    try {
      const { done, value } = await chunks.next();
      if (done) ended = true;
      else {
        buffer = held.append(buffer.subarray(start), value);
        start = 0;
        nextQuote = -1;
        nextNul = -1;
      }
      return true;
    } catch (error) {
      if (!(error instanceof ReadFault)) throw error;
      const { message, hint, cause } = error;
      const at = line + linesIn(start, buffer.length);
      const rows = Math.max(0, format === "csv" ? taken - 1 : taken);
      const whole = `${rows} whole ${rows === 1 ? "row" : "rows"}`;
      throw new MktError("invalid", `${name} ${message} at line ${at}, after ${whole}`, {
        hint,
        cause,
      });
    }
  };

  return {
    take,
    fill,
    failure,
    close: async () => {
      await chunks.return?.();
    },
  };
}

/** One buffer for all that is read, since buffers are cleared away late and would pile up. */
function holder(): { append(rest: Buffer, more: Buffer): Buffer } {
  let store = Buffer.allocUnsafe(HELD_BYTES);
  return {
    append: (rest, more) => {
      const length = rest.length + more.length;
      // `rest` is the end of what is held, so it may be moved within it.
      const target = length > store.length ? Buffer.allocUnsafe(2 * length) : store;
      target.set(rest, 0);
      target.set(more, rest.length);
      store = target;
      return target.subarray(0, length);
    },
  };
}

/** What ends the first line. Undefined when that was not read yet. */
function firstLineEnd(
  buffer: Buffer,
  start: number,
  inQuotes: boolean,
  ended: boolean,
): number | undefined {
  let open = false;
  for (let index = start; index < buffer.length; index++) {
    const byte = buffer[index];
    if (byte === QUOTE && inQuotes) open = !open;
    if (open) continue;
    if (byte === LF) return LF;
    if (byte !== CR) continue;
    if (index + 1 < buffer.length) return buffer[index + 1] === LF ? LF : CR;
    return ended ? CR : undefined;
  }
  return ended ? LF : undefined;
}
