import { isUtf8 } from "node:buffer";
import { ReadFault } from "./read-fault.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "latin1";

/** How far into a file its encoding shows. */
const HEAD_BYTES = 512;
const EMPTY = Buffer.alloc(0);
const MARKS: readonly (readonly [mark: string, Encoding])[] = [
  ["efbbbf", "utf-8"],
  ["fffe", "utf-16le"],
  ["feff", "utf-16be"],
];

/** Turns bytes into UTF-8. */
interface Codec {
  /** How many of the bytes are whole characters; what is left belongs to a character that goes on. */
  whole(bytes: Buffer): number;
  /** The bytes in UTF-8, up to the first that is not valid, and whether that is all of them. */
  convert(bytes: Buffer): { utf8: Buffer; valid: boolean };
}

/**
 * A text in UTF-8, whatever it was in, without a byte order mark, in chunks of whole characters. A mark
 * decides about the encoding, before the one that is named. Throws `ReadFault` where bytes are not valid,
 * after everything before them was given: nothing is replaced silently.
 */
export async function* toUtf8(
  bytes: AsyncIterable<Buffer>,
  named: Encoding | undefined,
): AsyncGenerator<Buffer> {
  let rest: Buffer = EMPTY;
  let begun: { encoding: Encoding; codec: Codec } | undefined;
  for await (const chunk of bytes) {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (!begun) {
      rest = Buffer.from(data);
      if (data.length < HEAD_BYTES) continue;
      const { markBytes, ...found } = encodingOf(data, named);
      begun = found;
      data = data.subarray(markBytes);
    }
    const whole = begun.codec.whole(data);
    // A copy, since whoever reads may fill the same buffer again.
    rest = Buffer.from(data.subarray(whole));
    yield* converted(data.subarray(0, whole), begun);
  }
  if (begun) {
    if (rest.length > 0) throw notValid(begun.encoding);
    return;
  }
  const short = encodingOf(rest, named);
  yield* converted(rest.subarray(short.markBytes), short);
}

function* converted(
  bytes: Buffer,
  { encoding, codec }: { encoding: Encoding; codec: Codec },
): Generator<Buffer> {
  const { utf8, valid } = codec.convert(bytes);
  if (utf8.length > 0) yield utf8;
  if (!valid) throw notValid(encoding);
}

function notValid(encoding: Encoding): ReadFault {
  return new ReadFault(
    `is not ${encoding.toUpperCase()}`,
    encoding === "utf-8"
      ? "name what it is in, such as `encoding: latin1` (older spreadsheets), or save it as UTF-8"
      : "name the encoding it is in, or save it as UTF-8",
  );
}

function encodingOf(
  head: Buffer,
  named: Encoding | undefined,
): { encoding: Encoding; codec: Codec; markBytes: number } {
  const start = head.toString("hex", 0, 4);
  if (start === "fffe0000" || start === "0000feff")
    throw new ReadFault("is in UTF-32", "save it as UTF-8");
  const marked = MARKS.find(([mark]) => start.startsWith(mark));
  const encoding = marked?.[1] ?? named ?? "utf-8";
  if (!marked && encoding !== "utf-16le" && encoding !== "utf-16be") refuseUtf16(head);
  return { encoding, codec: CODECS[encoding], markBytes: (marked?.[0].length ?? 0) / 2 };
}

/** In UTF-16 the upper half of most characters is zero, so that every other byte is. */
function refuseUtf16(head: Buffer): void {
  const bytes = head.subarray(0, HEAD_BYTES);
  const zeros = [0, 0];
  bytes.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const many = Math.max(2, bytes.length / 4);
  if (Math.max(even, odd) < many || Math.min(even, odd) > 0) return;
  const encoding = odd > even ? "utf-16le" : "utf-16be";
  throw new ReadFault(
    "has a NUL in every other byte, as UTF-16 without a byte order mark has",
    `name it: \`encoding: ${encoding}\`, or save it as UTF-8`,
  );
}

const utf8Codec: Codec = {
  whole: wholeUtf8,
  convert: (bytes) => {
    if (isUtf8(bytes)) return { utf8: bytes, valid: true };
    let [good, bad] = [0, bytes.length];
    while (bad - good > 1) {
      const middle = Math.floor((good + bad) / 2);
      const start = bytes.subarray(0, middle);
      if (isUtf8(start.subarray(0, wholeUtf8(start)))) good = middle;
      else bad = middle;
    }
    const start = bytes.subarray(0, good);
    return { utf8: start.subarray(0, wholeUtf8(start)), valid: false };
  },
};

/** How many bytes are left when a character that is cut off at the end is taken away. */
function wholeUtf8(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The flag makes it see whole characters, so that only surrogates without their partner match. */
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

const utf16leCodec: Codec = {
  whole: (bytes) => {
    const even = bytes.length - (bytes.length % 2);
    const lastHigh = even > 0 ? (bytes[even - 1] ?? 0) : 0;
    return lastHigh >= 0xd8 && lastHigh < 0xdc ? even - 2 : even;
  },
  convert: (bytes) => {
    const text = bytes.toString("utf16le");
    const bad = text.search(LONE_SURROGATE);
    const valid = bad === -1 && bytes.length % 2 === 0;
    return { utf8: Buffer.from(bad === -1 ? text : text.slice(0, bad)), valid };
  },
};

const utf16beCodec: Codec = {
  whole: (bytes) => {
    const even = bytes.length - (bytes.length % 2);
    const lastHigh = even > 0 ? (bytes[even - 2] ?? 0) : 0;
    return lastHigh >= 0xd8 && lastHigh < 0xdc ? even - 2 : even;
  },
  convert: (bytes) => {
    const even = bytes.length - (bytes.length % 2);
    const { utf8, valid } = utf16leCodec.convert(Buffer.from(bytes.subarray(0, even)).swap16());
    return { utf8, valid: valid && even === bytes.length };
  },
};

/**
 * What Windows-1252 has where Latin-1 has control characters that no text uses: files called Latin-1 come
 * from Windows as a rule. The five places that it leaves empty stay what they are in Latin-1.
 */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const LATIN1_CONTROLS = /[\x80-\x9f]/g;

const latin1Codec: Codec = {
  whole: (bytes) => bytes.length,
  convert: (bytes) => {
    const text = bytes
      .toString("latin1")
      .replace(LATIN1_CONTROLS, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80] ?? control);
    return { utf8: Buffer.from(text), valid: true };
  },
};

const CODECS: Readonly<Record<Encoding, Codec>> = {
  "utf-8": utf8Codec,
  "utf-16le": utf16leCodec,
  "utf-16be": utf16beCodec,
  latin1: latin1Codec,
};
