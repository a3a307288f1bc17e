import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { MktError } from "../../errors.ts";
import type { Item } from "./batch.ts";
import type { Table } from "./client.ts";
import { INDEXES, type IndexName } from "./table.ts";

export interface PageRequest {
  limit: number;
  pageToken?: string | undefined;
}
export interface Page<T> {
  items: T[];
  nextPageToken?: string;
}

const TOKEN_LENGTH_MAX = 4_096;
const startKeySchema = z.record(z.string(), z.string().max(1_024));

/** One page of an index's partition, highest sort key first; `prefix` keeps to a part of it. */
export async function listIndex<T>(
  table: Table,
  {
    index,
    partition,
    prefix,
  }: { index: Exclude<IndexName, "outbox">; partition: string; prefix?: string },
  { limit, pageToken }: PageRequest,
  parse: (item: Item) => T,
): Promise<Page<T>> {
  const [hash, range] = INDEXES[index];
  let start: Item | undefined =
    pageToken === undefined ? undefined : startKey(pageToken, index, partition, prefix);
  const found: Item[] = [];
  // One more than asked tells whether a next page exists; an answer ends early at 1 MB.
  do {
    const { Items, LastEvaluatedKey } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: index,
        KeyConditionExpression: prefix
          ? `${hash} = :partition AND begins_with(${range}, :prefix)`
          : `${hash} = :partition`,
        ExpressionAttributeValues: {
          ":partition": partition,
          ...(prefix && { ":prefix": prefix }),
        },
        ScanIndexForward: false,
        Limit: limit + 1 - found.length,
        ExclusiveStartKey: start,
      }),
    );
    found.push(...(Items ?? []));
    start = LastEvaluatedKey;
  } while (start && found.length <= limit);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(parse);
  if (found.length <= limit || !last) return { items };
  const key = { pk: last.pk, sk: last.sk, [hash]: last[hash], [range]: last[range] };
  return { items, nextPageToken: encode(key) };
}

const encode = (key: Item): string => Buffer.from(JSON.stringify(key)).toString("base64url");

function startKey(
  token: string,
  index: Exclude<IndexName, "outbox">,
  partition: string,
  prefix = "",
) {
  const [hash, range] = INDEXES[index];
  const parsed = startKeySchema.safeParse(parseJson(token));
  const key = parsed.success ? parsed.data : {};
  const names = Object.keys(key).sort();
  const wanted = [hash, range, "pk", "sk"].sort();
  const fits = names.length === wanted.length && names.every((name, i) => name === wanted[i]);
  if (!fits || key[hash] !== partition || !key[range]?.startsWith(prefix) || !key.pk || !key.sk) {
    throw new MktError("invalid", "the page token does not belong to this list", {
      hint: "use the nextPageToken of the same list, unchanged",
    });
  }
  return key;
}

function parseJson(token: string): unknown {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
