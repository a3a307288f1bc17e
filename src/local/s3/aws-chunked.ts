import { S3Error } from "./errors.ts";

const LINE_MAX_BYTES = 1024;
const TRAILERS_MAX = 10;

/**
 * Decodes S3's aws-chunked encoding with unsigned chunks: `SIZE-IN-HEX CRLF DATA CRLF` until a size
 * of 0, then trailers `NAME:VALUE CRLF`, which go into `trailers`, and an empty line.
 */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = byteReader(source);
  for (;;) {
    const size = await reader.line();
    if (!/^[0-9a-f]{1,12}$/i.test(size))
      throw malformed(`a chunk's size is ${JSON.stringify(size)}`);
    let leftBytes = Number.parseInt(size, 16);
    if (leftBytes === 0) break;
    while (leftBytes > 0) {
      const piece = await reader.upTo(leftBytes);
      leftBytes -= piece.length;
      yield piece;
    }
    if ((await reader.line()) !== "") throw malformed("a chunk is longer than its size");
  }
  for (let line = await reader.line(); line !== ""; line = await reader.line()) {
    const [, name, value] = /^([^:]+):(.*)$/.exec(line) ?? [];
    if (!name || value === undefined || trailers.size >= TRAILERS_MAX) {
      throw malformed("a trailer is not NAME:VALUE, or there are too many");
    }
    trailers.set(name.trim().toLowerCase(), value.trim());
  }
  if (await reader.hasMore()) throw malformed("bytes follow its end");
}

function byteReader(source: AsyncIterable<Buffer>) {
  const iterator = source[Symbol.asyncIterator]();
  let pending: Buffer = Buffer.alloc(0);

  const fill = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    if (!done) pending = pending.length === 0 ? value : Buffer.concat([pending, value]);
    return !done;
  };
  const take = (bytes: number): Buffer => {
    const taken = pending.subarray(0, bytes);
    pending = pending.subarray(bytes);
    return taken;
  };

  return {
    /** A line without its CRLF. */
    async line(): Promise<string> {
      for (;;) {
        const end = pending.indexOf("\r\n");
        if (end >= 0) {
          const line = take(end + 2);
          return line.toString("latin1", 0, end);
        }
        if (pending.length > LINE_MAX_BYTES) throw malformed("a line is too long");
        if (!(await fill())) throw malformed("it ends too early");
      }
    },
    /** At least one byte, at most so many. */
    async upTo(bytes: number): Promise<Buffer> {
      while (pending.length === 0) if (!(await fill())) throw malformed("it ends too early");
      return take(bytes);
    },
    async hasMore(): Promise<boolean> {
      return pending.length > 0 || (await fill());
    },
  };
}

function malformed(why: string): S3Error {
  return new S3Error("IncompleteBody", `The aws-chunked body is malformed: ${why}`);
}
