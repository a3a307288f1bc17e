import { join } from "node:path";
import { S3Error } from "./errors.ts";

const KEY_MAX_BYTES = 1024;
/** File systems allow 255. */
const NAME_MAX_BYTES = 240;
const OBJECT = "@object";
const EMPTY = "@empty";

/**
 * A key's file under its bucket's directory: `images/ab12` is `images/ab12@object`. Every part is
 * encoded so that no key can leave the directory, none is a prefix of another as a file and as a
 * directory, and two never meet on a file system that ignores case or normalises Unicode.
 */
export function keyPath(key: string): string {
  if (Buffer.byteLength(key) > KEY_MAX_BYTES) {
    throw new S3Error("KeyTooLongError", `A key may have at most ${KEY_MAX_BYTES} bytes`);
  }
  const names = key.split("/").map(encodePart);
  if (names.some((name) => name.length > NAME_MAX_BYTES)) {
    const limit = `${NAME_MAX_BYTES} bytes between two slashes, once encoded as a file name`;
    throw new S3Error("KeyTooLongError", `This endpoint's keys may have at most ${limit}`);
  }
  return `${join(...names)}${OBJECT}`;
}

/** What a file or directory name stands for: a part of a key, and whether a key ends there. */
export function readName(name: string): { part: string; isObject: boolean } {
  const isObject = name.endsWith(OBJECT);
  const encoded = isObject ? name.slice(0, -OBJECT.length) : name;
  return { part: encoded === EMPTY ? "" : decodeURIComponent(encoded), isObject };
}

function encodePart(part: string): string {
  if (part === "") return EMPTY;
  const encoded = [...Buffer.from(part)].map((byte, index) => {
    const character = String.fromCharCode(byte);
    const plain = index === 0 ? /[a-z0-9_-]/ : /[a-z0-9_.-]/;
    return plain.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  });
  return encoded.join("");
}
