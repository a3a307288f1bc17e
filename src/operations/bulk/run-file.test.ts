import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../../domain/actor.ts";
import { MktError } from "../../errors.ts";
import { testMarketplace } from "../../testing/marketplace.ts";
import { updatePublication } from "../change-publication.ts";
import type { BulkCommand, RowContext, RowReader, RowSource } from "./bulk-command.ts";
import { listRunRows, listRuns, showRun } from "./read-runs.ts";
import { writeResults } from "./results-file.ts";
import { optionsOf, resumeRun, runnerOf } from "./resume-run.ts";
import { rowOutcomes } from "./row-outcomes.ts";
import { type FileRequest, type RunReport, runFile } from "./run-file.ts";
import { type UndoneRow, undoRun } from "./undo-run.ts";

interface Price {
  publication: string;
  price: number;
}

/** Every call of `apply`, and what shall happen in the next ones instead. */
interface Calls {
  seen: { row: Price; who: RowContext }[];
  instead: ((row: Price, who: RowContext) => void)[];
}

/** A command that a file can be given to: sets prices, and sets them back. */
function reprice(calls: Calls): BulkCommand<Price, null> {
  const set = (publication: string, priceMinor: number, actor: Actor, deps: object) =>
    updatePublication(
      { actor, publication, edit: { priceMinor }, ifVersion: null, createCategories: false },
      deps as Parameters<typeof updatePublication>[1],
    );
  return {
    name: "reprice",
    plan: async ({ publication }) => {
      return { subjectKind: "publication", subjectId: publication, from: "", to: "", summary: "" };
    },
    before: async ({ publication }, _, deps) => {
      const row = await deps.publications.find(
        await deps.lookup.resolve("publication", publication),
      );
      return row ? { priceMinor: row.priceMinor } : null;
    },
    apply: async (row, who, deps) => {
      calls.seen.push({ row, who });
      calls.instead.shift()?.(row, who);
      const { publication, price } = row;
      const { id } = await set(publication, price, who.actor, deps);
      const from = who.before?.priceMinor;
      const already = from === price;
      const undo = already ? null : { publication, from, to: price };
      return {
        subjectKind: "publication",
        subjectId: id,
        state: String(price),
        value: null,
        already,
        undo,
      };
    },
    undo: {
      plan: async ({ publication, to }, _, deps) => {
        const now = (await deps.publications.find(String(publication)))?.priceMinor;
        if (now !== to) throw new MktError("conflict", `its price is ${now} since`);
        return "sets the price back";
      },
      apply: async ({ publication, from, to }, { actor }, deps) => {
        const now = (await deps.publications.find(String(publication)))?.priceMinor;
        if (now === from) return "the price is as it was";
        if (now !== to) throw new MktError("conflict", `its price is ${now} since`);
        await set(String(publication), Number(from), actor, deps);
        return "sets the price back";
      },
    },
  };
}

const reader: RowReader<Price> = {
  check: () => undefined,
  read: ({ publication = "", price, as }) => {
    if (!price) throw new MktError("invalid", "it has no price");
    return { row: { publication, price: Number(price) }, as, thing: publication };
  },
};

const sourceOf = (rows: readonly (readonly [string, string])[]): RowSource => ({
  name: "prices.csv",
  read: async () => ({
    format: "csv",
    columns: ["publication", "price"],
    rows: (async function* () {
      for (const [index, [publication, price]] of rows.entries())
        yield { line: index + 2, values: { publication, price } };
    })(),
  }),
  digest: async () => createHash("sha256").update(JSON.stringify(rows)).digest("hex"),
});

async function setScene(t: TestContext) {
  const market = await testMarketplace(t);
  const { deps } = market;
  const ana = await market.user("ana");
  const ids: string[] = [];
  for (let number = 1; number <= 3; number += 1)
    ids.push((await market.publication(ana, { priceMinor: 1_000, title: `Lamp ${number}` })).id);
  const calls: Calls = { seen: [], instead: [] };
  const command = reprice(calls);
  const runner = { actor: ana, reason: undefined };
  const request = (
    input: RowSource,
    more: Partial<FileRequest<Price, null>> = {},
  ): FileRequest<Price, null> => ({
    command,
    input,
    reader,
    runner,
    options: { given: {}, secret: null, path: null, results: "", format: {} },
    again: false,
    jobs: 2,
    onError: "skip",
    stopping: new AbortController().signal,
    progress: () => undefined,
    ...more,
  });
  const run = (input: RowSource, more: Partial<FileRequest<Price, null>> = {}) =>
    runFile(request(input, more), deps);
  const prices = async () => {
    const rows = await Promise.all(ids.map((id) => deps.publications.find(id)));
    return rows.map((row) => row?.priceMinor);
  };
  const outcomes = async ({ runId }: Pick<RunReport, "runId">, input: RowSource) => {
    const found: string[] = [];
    const { rows } = await input.read();
    for await (const { row, outcome } of rowOutcomes(runId, rows, deps))
      found.push(`${row.line} ${[outcome.outcome, outcome.code].filter(Boolean).join(" ")}`);
    return found;
  };
  const undo = async (runId: string, dryRun = false) => {
    const found = await deps.bulkRuns.find(runId);
    if (!found) throw new Error("no such run");
    const stopping = new AbortController().signal;
    const undone: UndoneRow[] = [];
    const want = { run: found, command, runner, dryRun, jobs: 2, stopping };
    for await (const row of undoRun(want, deps)) undone.push(row);
    return undone.map(({ line, outcome, reason }) => `${line} ${outcome}: ${reason}`);
  };
  return { market, deps, ids, calls, command, run, request, prices, outcomes, undo, runner };
}

test("a run that shall stop at a row that failed goes on from there, and tries that row again", async (t) => {
  const { ids, run, prices, outcomes, deps, request } = await setScene(t);
  const [a = "", b = "", c = ""] = ids;
  const input = sourceOf([
    [a, "2000"],
    [b, ""],
    [b, "2500"],
    [c, "3000"],
  ]);
  const stopped = await run(input, { jobs: 1, onError: "stop" });
  expect(stopped).toMatchObject({ state: "interrupted", halt: "failed", done: 1, failed: 1 });
  expect(stopped.byCode).toEqual({ invalid: 1 });
  expect(await prices()).toEqual([2_000, 1_000, 1_000]);
  expect(await outcomes(stopped, input)).toEqual([
    "2 done",
    "3 failed invalid",
    "4 skipped",
    "5 skipped",
  ]);

  const ended = await run(input);
  expect(ended).toMatchObject({ runId: stopped.runId, state: "finished", done: 3, failed: 1 });
  expect(await prices()).toEqual([2_000, 2_500, 3_000]);
  expect(await run(input)).toMatchObject({ runId: stopped.runId, wasFinished: true, done: 3 });

  // Somebody else's file, another file, and the same file anew are runs of their own.
  const anew = await run(input, { again: true });
  expect(anew.runId).not.toBe(stopped.runId);
  expect(anew).toMatchObject({ done: 3, already: 3, failed: 1 });
  const found = await deps.bulkRuns.find(stopped.runId);
  if (!found) throw new Error("the run is gone");
  expect(optionsOf(found).path).toBeNull();
  const other = resumeRun(found, request(sourceOf([[a, "1"]])), deps);
  await expect(other).rejects.toMatchObject({ code: "conflict" });
  const resumed = await resumeRun(found, request(input), deps);
  expect(resumed).toMatchObject({ runId: stopped.runId, done: 3, failed: 1 });
});

test("what is begun ahead leaves the journal when somebody presses Ctrl-C; what was cut off is repeated as it was begun", async (t) => {
  const { ids, run, calls, prices, deps } = await setScene(t);
  const [a = "", b = "", c = ""] = ids;
  const input = sourceOf([
    [a, "2000"],
    [b, "2500"],
    [c, "3000"],
  ]);
  const first = new AbortController();
  calls.instead = [() => first.abort()];
  const stopped = await run(input, { jobs: 1, stopping: first.signal });
  expect(stopped).toMatchObject({ state: "interrupted", halt: "interrupted", done: 1 });
  const rows = () => deps.bulkRuns.rows({ runId: stopped.runId, limit: 10 });
  expect((await rows()).map(({ state }) => state)).toEqual(["done"]);

  // The carrier is away for longer than anybody waits: the row changed the price before that.
  const second = new AbortController();
  calls.instead = [
    () => {
      second.abort();
      throw new MktError("unavailable", "nobody answers");
    },
  ];
  const away = run(input, { jobs: 1, stopping: second.signal });
  await expect(away).rejects.toMatchObject({
    code: "unavailable",
    hint: expect.stringContaining(`mkt bulk resume ${stopped.runId}`),
  });
  expect((await rows()).map(({ state }) => state)).toEqual(["done", "started"]);

  calls.instead = [];
  calls.seen = [];
  expect(await run(input, { jobs: 1 })).toMatchObject({ state: "finished", done: 3, failed: 0 });
  const [repeated, fresh] = calls.seen;
  expect(repeated).toMatchObject({
    row: { publication: b },
    who: { again: true, before: { priceMinor: 1_000 }, key: `bulk:${stopped.runId}:3` },
  });
  expect(fresh).toMatchObject({ row: { publication: c }, who: { again: false } });
  expect(await prices()).toEqual([2_000, 2_500, 3_000]);
});

test("a store that is away for a moment is waited for", async (t) => {
  const { ids, run, calls } = await setScene(t);
  const away = () => {
    throw new MktError("unavailable", "nobody answers");
  };
  calls.instead = [away, away];
  const report = await run(sourceOf([[ids[0] ?? "", "2000"]]));
  expect(report).toMatchObject({ state: "finished", done: 1, failed: 0 });
  expect(calls.seen.map(({ who }) => who.again)).toEqual([false, true, true]);
});

test("rows of the same thing are done in their order, and undone the other way round", async (t) => {
  const { ids, run, prices, undo, deps, calls, runner, command } = await setScene(t);
  const [a = "", b = "", c = ""] = ids;
  const input = sourceOf([
    [a, "2000"],
    [a, "3000"],
    [a, "4000"],
    [b, "5000"],
    [c, "1000"],
  ]);
  const { runId } = await run(input, { jobs: 8 });
  expect(calls.seen.filter(({ row }) => row.publication === a).map(({ row }) => row.price)).toEqual(
    [2_000, 3_000, 4_000],
  );
  expect(await prices()).toEqual([4_000, 5_000, 1_000]);
  await command.apply(
    { publication: b, price: 7_000 },
    { actor: runner.actor, key: "", since: "", again: false, before: null },
    deps,
  );

  expect(await undo(runId, true)).toContain("4 undone: sets the price back");
  expect(await prices()).toEqual([4_000, 7_000, 1_000]);
  const undone = await undo(runId);
  expect(undone.slice(0, 3)).toEqual([
    "6 kept: it was so before the run",
    "5 kept: its price is 7000 since",
    "4 undone: sets the price back",
  ]);
  expect(await prices()).toEqual([1_000, 7_000, 1_000]);
  expect((await deps.bulkRuns.find(runId))?.state).toBe("undone");
  // Once more: only what was kept is tried again.
  await command.apply(
    { publication: b, price: 5_000 },
    { actor: runner.actor, key: "", since: "", again: false, before: null },
    deps,
  );
  expect(await undo(runId)).toContain("5 undone: sets the price back");
  expect(await prices()).toEqual([1_000, 1_000, 1_000]);
  expect((await run(input)).runId).not.toBe(runId);
});

test("two processes never work on the same run at once", async (t) => {
  const { ids, run, calls } = await setScene(t);
  const input = sourceOf([[ids[0] ?? "", "2000"]]);
  let other: Promise<unknown> | undefined;
  calls.instead = [
    () => {
      other = run(input).catch((error: unknown) => error);
    },
  ];
  const report = await run(input);
  expect(report).toMatchObject({ done: 1 });
  expect(calls.seen).toHaveLength(1);
  const ended = await other;
  if (ended instanceof MktError) expect(ended.code).toBe("conflict");
  else expect(ended).toMatchObject({ runId: report.runId, wasFinished: true });
});

test("a run is seen and gone on with by whoever began it, and by operators, who then act for them", async (t) => {
  const { market, ids, run, deps } = await setScene(t);
  const [beto, olga] = [await market.user("beto"), await market.user("olga", "operator")];
  const { runId } = await run(
    sourceOf([
      [ids[0] ?? "", "2000"],
      [ids[1] ?? "", ""],
    ]),
  );
  const shown = await showRun({ actor: olga, run: runId.slice(0, 13) }, deps);
  expect(shown).toMatchObject({ runId, done: 1, failed: 1, byCode: { invalid: 1 } });
  expect(shown.failures).toMatchObject([{ line: 3, outcome: "failed", reason: "it has no price" }]);
  const page = await listRunRows({ actor: olga, run: runId, limit: 1 }, deps);
  expect(page).toMatchObject({ items: [{ line: 2, outcome: "done" }], nextPageToken: "2" });
  const next = await listRunRows({ actor: olga, run: runId, limit: 1, pageToken: "2" }, deps);
  expect(next).toMatchObject({ items: [{ line: 3 }], nextPageToken: null });
  const listed = async (actor: Actor) =>
    (await listRuns({ actor, limit: 10 }, deps)).items.map(({ id }) => id);
  expect(await listed(olga)).toEqual([runId]);
  expect(await listed(beto)).toEqual([]);
  const secretly = showRun({ actor: beto, run: runId }, deps);
  await expect(secretly).rejects.toMatchObject({ code: "not_allowed" });

  const found = await deps.bulkRuns.find(runId);
  if (!found) throw new Error("the run is gone");
  const reason = "a test";
  const goingOn = await runnerOf(found, { actor: olga, reason }, "bulk resume", deps);
  expect(goingOn.actor).toMatchObject({ userId: found.actorId, operatorId: olga.userId });
  const not = runnerOf(found, { actor: beto, reason }, "bulk resume", deps);
  await expect(not).rejects.toMatchObject({ code: "not_allowed" });
});

test("results have the input's own columns, none that is secret, and ours by another name where it is taken", async (t) => {
  const { market, ids, run, deps } = await setScene(t);
  const source = sourceOf([
    [ids[0] ?? "", "2000"],
    ["=1+1", "5"],
  ]);
  const { runId } = await run(source);
  const input: RowSource = {
    ...source,
    read: async () => {
      const { rows } = await source.read();
      const columns = ["publication", "price", "state", "card-token"];
      const more = async function* () {
        for await (const { line, values } of rows)
          yield { line, values: { ...values, state: "new", "card-token": "tok_secret" } };
      };
      return { format: "csv", columns, rows: more() };
    },
  };
  const path = join(market.config.home, "results.csv");
  await writeResults({ runId, input, secret: ["cardToken"], path }, deps);
  const [header, first, second] = (await readFile(path, "utf8")).split("\n");
  expect(header).toBe("publication,price,state,line,outcome,id,resultState,code,reason");
  expect(first).toBe(`${ids[0]},2000,new,2,done,${ids[0]},2000,,`);
  expect(second).toMatch(/^'=1\+1,5,new,3,failed,,,not_found,/);
});
