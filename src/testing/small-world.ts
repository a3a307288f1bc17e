import { expect, type TestContext } from "vitest";
import type { Profile } from "../config.ts";
import type { Actor } from "../domain/actor.ts";
import { idsFrom } from "../domain/ids.ts";
import { type PastLine, type PastOrder, pastOrder } from "../domain/past/past-order.ts";
import { pastCategory, pastPublication, pastUser } from "../domain/past/past-things.ts";
import { noRows, type PastRows } from "../domain/past/rows.ts";
import type { Moment } from "../domain/past/telling.ts";
import type { PublicationDocument } from "../domain/publication.ts";
import { eventsOf } from "../operations/copy-questions.ts";
import { planReport, type ReportWish, runReport } from "../operations/run-report.ts";
import type { ReportColumn } from "../reports/report.ts";
import type { Aurora } from "../stores/aurora/client.ts";
import { historyStore } from "../stores/aurora/history.ts";
import { readOnlyStore } from "../stores/aurora/read-only.ts";
import { testDatabase } from "./aurora.ts";

/** A line of an order: one piece at the publication's price, free of shipping, unless it says something else. */
export interface SmallLine extends Partial<Omit<PastLine, "publicationId">> {
  of: string;
}

export interface SmallOrder {
  /** When it was placed. */
  at: string;
  /** All of one seller; none: an order without a seller, which can only be paid and cancelled. */
  lines?: readonly SmallLine[];
  buyer?: string;
  /** Its purchase; undefined: one of its own. */
  purchase?: string;
  currency?: string;
  estimatedDeliveryAt?: string;
  /** Of an imported history: the zone whose clocks its source told it by. */
  timeZone?: string;
  region?: string;
  /** The source did not say when it was placed. */
  inferred?: boolean;
}

/** A row of a report, its figures as numbers. */
export type SmallReportRow = Record<string, string | number | null>;

/**
 * A history of a few rows at given times (ISO-8601, with Z), told by the code that tells imported ones, in a database
 * of its own. Nothing is in it before `write`, which may be called again after more was told. Ids are the same in
 * each run; they grow by their times, of what has none in the order in which it is told.
 */
export interface SmallWorld {
  db: Aurora;
  profile: Profile;
  /** What is told and not yet written; whatever the functions cannot tell may be added or changed here. */
  rows: PastRows;
  user(name: string): string;
  category(name: string): string;
  /** Costs 1000 and 100 are in stock, of no category, unless it says something else. */
  publication(
    seller: string,
    as?: {
      at?: string;
      categories?: readonly string[];
      priceMinor?: number;
      currency?: string;
      stock?: number;
      externalId?: string;
    },
  ): string;
  purchase(buyer: string, at: string, currency?: string): string;
  /** A placed order, which is taken further by its own functions. */
  order(told: SmallOrder): PastOrder;
  /** Gives the question's id. */
  question(told: {
    of: string;
    asker: string;
    at: string;
    answeredAt?: string;
    state?: "deleted" | "closed_unanswered";
  }): string;
  activity(
    kind: "home" | "search" | "view",
    at: string,
    of?: { user?: string; publication?: string; words?: string; resultCount?: number },
  ): Promise<void>;
  /** What was told before goes no further after it. */
  write(): Promise<void>;
  /** The rows of a report as analysts read them; it fails when its columns are not those that it declares. */
  report(name: string, wish?: Partial<Omit<ReportWish, "name">>): Promise<SmallReportRow[]>;
}

const START = "2020-01-01T00:00:00.000Z";
const START_MS = Date.parse(START);

/** `now` is the marketplace's time; its zone is that of days, weeks and months. */
export async function smallWorld(
  t: TestContext,
  { now = "2027-01-01T00:00:00.000Z", timeZone = "UTC", currency: usual = "ARS" } = {},
): Promise<SmallWorld> {
  const { db, ...database } = await testDatabase();
  t.onTestFinished(() => database[Symbol.asyncDispose]());
  const profile: Profile = { ...database.profile, timeZone, currency: usual };
  const nextId = idsFrom("small world");
  let rows = noRows();
  const publications = new Map<string, { seller: string; priceMinor: number }>();
  let anybody: string | undefined;

  let things = 0;
  /** Of what is told without a time: in the order in which it is told. */
  const idInOrder = () => {
    things += 1;
    return nextId(START_MS + things);
  };

  const user: SmallWorld["user"] = (name) => {
    const id = idInOrder();
    const person = { id, email: `${name}@example.com`, name, address: "-", createdAt: START };
    pastUser({ ...person, source: null, externalId: name }, rows);
    return id;
  };
  const purchase: SmallWorld["purchase"] = (buyerId, at, currency = usual) => {
    const id = nextId(at);
    const none = { requestDigest: "-", shipTo: "-", source: null, externalId: null };
    rows.purchase.push({ id, buyerId, key: id, currency, createdAt: iso(at), ...none });
    return id;
  };
  const pastLine = ({ of, ...line }: SmallLine): PastLine => ({
    publicationId: of,
    publicationVersion: 1,
    quantity: 1,
    unitPriceMinor: publications.get(of)?.priceMinor ?? 0,
    shippingMinor: 0,
    feeBps: 1_000,
    externalId: null,
    ...line,
  });

  return {
    db,
    profile,
    get rows() {
      return rows;
    },
    user,
    category: (name) => {
      const id = idInOrder();
      const nameFolded = name.toLowerCase();
      const category = { id, name, nameFolded, feeBps: 1_000, createdAt: START, source: null };
      pastCategory(category, `user:${id}`, rows);
      return id;
    },
    publication: (sellerId, { at, categories = [], stock = 100, ...as } = {}) => {
      const id = at === undefined ? idInOrder() : nextId(at);
      const { priceMinor = 1_000, currency = usual, externalId = null } = as;
      const document: PublicationDocument = {
        title: "-",
        description: "",
        keywords: "",
        language: "en",
        images: [],
      };
      const offer = { id, sellerId, externalId, priceMinor, currency, startingStock: stock };
      const past = {
        ...offer,
        categoryIds: categories,
        document,
        createdAt: iso(at ?? START),
        source: null,
      };
      pastPublication(past, rows, nextId);
      publications.set(id, { seller: sellerId, priceMinor });
      return id;
    },
    purchase,
    order: ({ at, lines = [], buyer, currency = usual, inferred = false, ...told }) => {
      anybody ??= user("anybody");
      const buyerId = buyer ?? anybody;
      const facts = {
        purchaseId: told.purchase ?? purchase(buyerId, at, currency),
        buyerId,
        sellerId: publications.get(lines[0]?.of ?? "")?.seller ?? null,
        currency,
        lines: lines.map(pastLine),
        externalId: null,
        sourceStatus: null,
        timeZone: told.timeZone ?? null,
        region: told.region ?? null,
        flags: [],
        estimatedDeliveryAt: told.estimatedDeliveryAt ? iso(told.estimatedDeliveryAt) : null,
      };
      return pastOrder(facts, { at: iso(at), inferred }, rows, nextId);
    },
    question: ({ of, asker, at, answeredAt, state }) => {
      const id = nextId(at);
      const question = {
        id,
        publicationId: of,
        sellerId: publications.get(of)?.seller ?? "",
        askerId: asker,
        text: "?",
        askedAt: iso(at),
        state: state ?? (answeredAt === undefined ? "unanswered" : "answered"),
        answer: answeredAt === undefined ? null : "!",
        answeredAt: answeredAt === undefined ? null : iso(answeredAt),
        version: state === undefined && answeredAt === undefined ? 1 : 2,
        sellerReadAt: null,
        askerReadAt: null,
      } as const;
      rows.event.push(...eventsOf(question));
      return id;
    },
    activity: async (kind, at, of = {}) => {
      const row = {
        id: nextId(at),
        kind,
        userId: of.user ?? null,
        publicationId: of.publication ?? null,
        words: of.words ?? null,
        resultCount: of.resultCount ?? null,
        at: iso(at),
      };
      await db.insertInto("activity").values(row).execute();
    },
    write: async () => {
      const writer = await historyStore(profile).open();
      try {
        await writer.write(rows);
      } finally {
        await writer.close();
      }
      rows = noRows();
    },
    report: (name, wish = {}) => readReport({ name, ...NO_WISH, ...wish }, profile, iso(now)),
  };
}

/** Nothing but a report's name is wished. */
export const NO_WISH = {
  by: undefined,
  since: undefined,
  until: undefined,
  timeZone: undefined,
  limit: undefined,
};
const ANALYST: Actor = { userId: idsFrom("analyst")(START), roles: ["analyst"], operatorId: null };

/** Reads a report of any Aurora as analysts do. */
export async function readReport(
  wish: ReportWish,
  profile: Profile,
  now: string,
): Promise<SmallReportRow[]> {
  const planned = planReport(wish, { profile, now: () => now });
  const declared = planned.report.columns(planned.scope.by);
  return runReport(
    { actor: ANALYST, planned, signal: new AbortController().signal },
    async ({ columns, batches }) => {
      expect(columns.map(({ name }) => name)).toEqual(declared.map(({ key }) => key));
      const rows: SmallReportRow[] = [];
      for await (const batch of batches)
        for (const cells of batch) rows.push(rowOf(declared, cells));
      return rows;
    },
    { reportRows: readOnlyStore(profile) },
  );
}

function rowOf(
  columns: readonly ReportColumn[],
  cells: readonly (string | null)[],
): SmallReportRow {
  const figureOf = ({ kind }: ReportColumn, cell: string | null) =>
    cell === null || kind === "text" || kind === "id" ? cell : Number(cell);
  return Object.fromEntries(
    columns.map((column, index) => [column.key, figureOf(column, cells[index] ?? null)]),
  );
}

const iso = (at: string) => new Date(at).toISOString();

/** A step of an order at a time that its source gives. */
export const at = (time: string): Moment => ({ at: iso(time) });

/** A step of an order at a time that was inferred. */
export const inferredAt = (time: string): Moment => ({ at: iso(time), inferred: true });
