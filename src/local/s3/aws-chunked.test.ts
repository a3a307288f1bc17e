import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeChunked } from "./aws-chunked.ts";

/** Feeds bytes in pieces of at most so many, and collects what comes out. */
async function decode(encoded: Buffer, pieceBytes: number) {
  async function* source() {
    for (let at = 0; at < encoded.length; at += pieceBytes) {
      yield encoded.subarray(at, at + pieceBytes);
    }
  }
  const trailers = new Map<string, string>();
  const pieces: Buffer[] = [];
  for await (const piece of decodeChunked(source(), trailers)) pieces.push(piece);
  return { bytes: Buffer.concat(pieces), trailers: Object.fromEntries(trailers) };
}

function encode(chunks: readonly Uint8Array[], trailer: string): Buffer {
  const parts = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, "\r\n"]);
  const all = [...parts, `0\r\n${trailer}\r\n`];
  return Buffer.concat(all.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

test("however a body is cut into chunks and packets, its bytes come out", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 300 }), async (bodies, pieceBytes) => {
      const decoded = await decode(encode(bodies, "X-Sum: abc=\r\n"), pieceBytes);
      expect(decoded.bytes.equals(Buffer.concat(bodies))).toBe(true);
      expect(decoded.trailers).toEqual({ "x-sum": "abc=" });
    }),
  );
});

test("a body cut short anywhere is refused", async () => {
  const whole = encode([Buffer.from("hello"), Buffer.from("\r\n0\r\n")], "x-sum:abc=\r\n");
  await decode(whole, 7);
  for (let length = 0; length < whole.length; length += 1) {
    await expect(decode(whole.subarray(0, length), 7)).rejects.toMatchObject({
      code: "IncompleteBody",
    });
  }
});

test.for([
  { what: "a size that is no number", encoded: "zz\r\nhello\r\n0\r\n\r\n" },
  { what: "a negative size", encoded: "-5\r\nhello\r\n0\r\n\r\n" },
  { what: "a signed chunk", encoded: "5;chunk-signature=00\r\nhello\r\n0\r\n\r\n" },
  { what: "a chunk longer than its size", encoded: "4\r\nhello\r\n0\r\n\r\n" },
  { what: "a trailer without a value", encoded: "0\r\nnonsense\r\n\r\n" },
  { what: "a line without an end", encoded: "5".repeat(3000) },
  { what: "bytes behind the end", encoded: "0\r\n\r\nmore" },
])("$what is refused", async ({ encoded }) => {
  await expect(decode(Buffer.from(encoded), 64)).rejects.toMatchObject({ code: "IncompleteBody" });
});
