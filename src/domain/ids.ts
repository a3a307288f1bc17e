import { createHash } from "node:crypto";
import { uuidv7 } from "uuidv7";

/** A new UUIDv7: sorts by the time it was made. */
export function newId(): string {
  return uuidv7();
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isId(text: string): boolean {
  return UUID.test(text);
}

/** Gives ids one after the other, each as a UUIDv7 of a time (ISO-8601, or milliseconds since 1970). */
export type IdMaker = (at: string | number) => string;

/**
 * Ids that follow from a text, such as a source and a key in it: the same text gives the same ids in the same
 * order. Their random bits come from the text's SHA-256, stretched by the generator sfc32 (Chris Doty-Humphrey).
 */
export function idsFrom(text: string): IdMaker {
  const digest = createHash("sha256").update(text).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at)) as Four;
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  let [lastAt, prefix]: [string | number | undefined, string] = [undefined, ""];
  return (at) => {
    if (at !== lastAt) {
      const time = (typeof at === "number" ? at : Date.parse(at)).toString(16).padStart(12, "0");
      prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
      lastAt = at;
    }
    const [one, two, three] = [next(), next(), next()];
    const random = `${BYTES[(one >>> 24) & 255]}${DIGITS[(one >>> 20) & 15]}`;
    const variant = `${BYTES[0x80 | ((two >>> 8) & 0x3f)]}${BYTES[two & 255]}`;
    return `${prefix}${random}-${variant}-${BYTES[two >>> 24]}${BYTES[(two >>> 16) & 255]}${BYTES[three >>> 24]}${BYTES[(three >>> 16) & 255]}${BYTES[(three >>> 8) & 255]}${BYTES[three & 255]}`;
  };
}

/** The one id of a text. */
export function idFrom(text: string, at: string | number): string {
  return idsFrom(text)(at);
}

type Four = [number, number, number, number];

const DIGITS = "0123456789abcdef";
/** Each byte in two digits: a history needs ids by the million. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
