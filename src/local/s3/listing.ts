import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readName } from "./key-path.ts";

/** Which keys to walk: those with this prefix, and behind this key. */
export interface ListRange {
  prefix: string;
  after: string;
}

/** A key and its file. */
export interface KeyFile {
  key: string;
  path: string;
}

/** One page of a listing. */
export interface ListPage {
  objects: readonly KeyFile[];
  commonPrefixes: readonly string[];
  /** The last key or common prefix of the page, when more follow. */
  continueAfter: string | undefined;
}

/** Walks a directory's keys in the order of their UTF-8 bytes, entering only where the range is. */
export async function* walkKeys(
  directory: string,
  parent: string,
  { prefix, after }: ListRange,
): AsyncGenerator<KeyFile> {
  const found = await readdir(directory, { withFileTypes: true });
  const ours = found.filter((entry) => entry.isDirectory() || readName(entry.name).isObject);
  const entries = ours.map(({ name }) => {
    const { part, isObject } = readName(name);
    // A directory sorts with the slash that follows its name in every key below it.
    const key = isObject ? parent + part : `${parent + part}/`;
    return { key, isObject, bytes: Buffer.from(key), path: join(directory, name) };
  });
  const inRange = entries.filter(({ key, isObject }) =>
    isObject
      ? key.startsWith(prefix) && isBehind(key, after)
      : (key.startsWith(prefix) || prefix.startsWith(key)) &&
        (isBehind(key, after) || after.startsWith(key)),
  );
  inRange.sort((left, right) => Buffer.compare(left.bytes, right.bytes));
  for (const { key, isObject, path } of inRange) {
    if (isObject) yield { key, path };
    else yield* walkKeys(path, key, { prefix, after });
  }
}

/** Takes one page of at most `limit` keys and common prefixes. */
export async function takePage(
  keys: AsyncIterable<KeyFile>,
  { prefix, after, delimiter, limit }: ListRange & { delimiter: string; limit: number },
): Promise<ListPage> {
  const objects: KeyFile[] = [];
  const commonPrefixes: string[] = [];
  let last = after;
  for await (const entry of keys) {
    const group = commonPrefix(entry.key, prefix, delimiter);
    if (group !== undefined && group === last) continue;
    if (objects.length + commonPrefixes.length >= limit) {
      return { objects, commonPrefixes, continueAfter: limit === 0 ? undefined : last };
    }
    if (group === undefined) objects.push(entry);
    else commonPrefixes.push(group);
    last = group ?? entry.key;
  }
  return { objects, commonPrefixes, continueAfter: undefined };
}

/** What rolls a key up: the key as far as the first delimiter behind the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function isBehind(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}
