import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import type { Config } from "../config.ts";
import { STORE_NAMES, type StoreName } from "./store-names.ts";

const downSchema = z.array(z.enum(STORE_NAMES));

/** Which process runs the stack. It stands outside the run directory, which the machine may clear. */
export function lockDirectory({ local }: Config): string {
  return join(local.data, "locks");
}

/** Where a store keeps its data. */
export function dataDirectory({ local }: Config, store: StoreName): string {
  return join(local.data, "data", store);
}

/** Remembers the graph's process, so that one that hangs can be found and ended. */
export function graphPidFile({ local }: Config): string {
  return join(local.data, "neptune.pid");
}

/** The supervisor's log, and that of the engines inside it. */
export function workerLog({ local }: Config): string {
  return join(local.logs, "worker.log");
}

/** Removes the sockets; the next start makes them again. */
export function removeRunDirectories({ local }: Config): void {
  for (const directory of [local.run, local.auroraRun]) {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The stores that somebody took down on purpose: they stay down, also after a restart. */
export function readDownOnPurpose(config: Config): StoreName[] {
  const path = downFile(config);
  return existsSync(path) ? downSchema.parse(JSON.parse(readFileSync(path, "utf8"))) : [];
}

export function writeDownOnPurpose(config: Config, stores: readonly StoreName[]): void {
  writeWhole(downFile(config), JSON.stringify(stores));
}

/** Whether this stack's stores were already made ready for this version of the schema. */
export function isMigrated(config: Config, version: string): boolean {
  const path = migratedFile(config);
  return existsSync(path) && readFileSync(path, "utf8") === version;
}

/** Remembers that they were, until the stack is reset. */
export function markMigrated(config: Config, version: string): void {
  writeWhole(migratedFile(config), version);
}

function downFile({ local }: Config): string {
  return join(local.data, "down.json");
}

function migratedFile({ local }: Config): string {
  return join(local.data, "migrated");
}

function writeWhole(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  renameSync(draft, path);
}
