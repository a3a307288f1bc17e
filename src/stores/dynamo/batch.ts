import { setTimeout as pause } from "node:timers/promises";
import {
  BatchGetCommand,
  type BatchGetCommandOutput,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type BatchWriteCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import pMap from "p-map";
import { MktError } from "../../errors.ts";
import type { Table } from "./client.ts";

export interface Key {
  pk: string;
  sk: string;
}
export type Item = Record<string, unknown>;
export type Write = { put: Item & Key } | { remove: Key };

/** DynamoDB's own limits for one request. */
const WRITES_PER_REQUEST = 25;
const READS_PER_REQUEST = 100;
const CONCURRENCY = 8;
const TRIES_MAX = 8;
const FIRST_PAUSE_MS = 25;

/** Writes without conditions, in any order; keys must differ. What the engine puts off is sent again. */
export async function writeAll(table: Table, writes: Iterable<Write>): Promise<void> {
  const send = async (batch: Write[]) => {
    let pending: BatchWriteCommandInput["RequestItems"] = { [table.name]: batch.map(toRequest) };
    for (let tries = 1; pending?.[table.name]?.length; tries++) {
      const answer: BatchWriteCommandOutput = await table.client.send(
        new BatchWriteCommand({ RequestItems: pending }),
      );
      pending = answer.UnprocessedItems;
      if (pending?.[table.name]?.length) await backOff(tries);
    }
  };
  await pMap(chunks(writes, WRITES_PER_REQUEST), send, { concurrency: CONCURRENCY });
}

/** Reads items by key, in no order; missing ones are left out. Keys must differ. */
export async function getAll(
  table: Table,
  keys: Iterable<Key>,
  consistent = false,
): Promise<Item[]> {
  const read = async (batch: Key[]) => {
    const items: Item[] = [];
    let pending: Key[] = batch;
    for (let tries = 1; pending.length > 0; tries++) {
      const answer: BatchGetCommandOutput = await table.client.send(
        new BatchGetCommand({
          RequestItems: { [table.name]: { Keys: pending, ConsistentRead: consistent } },
        }),
      );
      items.push(...(answer.Responses?.[table.name] ?? []));
      const left = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
      // A full answer (16 MB) leaves keys over without any overload: only no progress waits.
      if (left.length === pending.length) await backOff(tries);
      pending = left.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
    }
    return items;
  };
  return (await pMap(chunks(keys, READS_PER_REQUEST), read, { concurrency: CONCURRENCY })).flat();
}

const toRequest = (write: Write) =>
  "put" in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: write.remove } };

async function backOff(tries: number): Promise<void> {
  if (tries >= TRIES_MAX) {
    throw new MktError("unavailable", "DynamoDB is overloaded", { hint: "try again in a moment" });
  }
  await pause(FIRST_PAUSE_MS * 2 ** tries * (0.5 + Math.random() / 2));
}

function* chunks<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const value of values) {
    chunk.push(value);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
