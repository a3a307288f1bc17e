import type { Fault } from "../../domain/law.ts";
import type { RowPage } from "../../stores/aurora/laws.ts";
import type { StoredPage } from "../../stores/dynamo/pages.ts";
import type { Checkup, CheckupDeps } from "./checkup.ts";

/** A page with its text is a few kilobytes: fewer at once than of rows. */
const PAGES_AT_ONCE = 500;

/** What a page says that its row says too, and how people call it. */
const FIELDS = [
  ["sellerId", "seller"],
  ["state", "state"],
  ["version", "version"],
  ["priceMinor", "price"],
  ["currency", "currency"],
  ["availability", "availability"],
  ["rating", "rating"],
  ["categories", "categories"],
  ["publishedAt", "date"],
  ["images", "images"],
  ["title", "title"],
  ["description", "description"],
  ["language", "language"],
  ["keywords", "keywords"],
] as const;

/**
 * Goes through all publications with their pages as they stand, and judges each page by its row. Gives every
 * batch of pages to `seen`, for other laws. What changes at this moment is read again before it is judged.
 */
export async function checkPages(
  checkup: Checkup,
  { laws, pages }: Pick<CheckupDeps, "laws" | "pages">,
  seen: (pages: readonly StoredPage[]) => Promise<void>,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    checkup.step("checking pages", 0);
    const range = await laws.nextRange("publication", after, PAGES_AT_ONCE);
    if (!range) return;
    const rows = await laws.pages(range);
    const stored = await pages.getMany(
      rows.map(({ id }) => id),
      { consistent: true },
    );
    if (checkup.has("pages-match-rows")) {
      const suspects = rows.filter((row) => row.isPending || problemOf(row, stored.get(row.id)));
      const { faults, pending } = await judgeAgain(suspects, { laws, pages });
      checkup.found(faults);
      checkup.count("pages-match-rows", range.count, pending);
    }
    await seen([...stored.values()]);
    checkup.step("checking pages", range.count);
    after = range.last;
  }
}

/** Says that these pages, found in the table, have no row. */
export async function checkOwners(
  ids: readonly string[],
  checkup: Checkup,
  { laws }: Pick<CheckupDeps, "laws">,
): Promise<void> {
  if (!checkup.has("pages-match-rows") || ids.length === 0) return;
  checkup.found(
    (await laws.missing(ids)).map((id) => ({
      law: "pages-match-rows",
      kind: "publication",
      id,
      problem: "it has a page, but no row",
      repair: "remove-page",
    })),
  );
}

/** Only what is wrong while its row stays the same from before to after the page is read is wrong. */
async function judgeAgain(
  suspects: readonly RowPage[],
  { laws, pages }: Pick<CheckupDeps, "laws" | "pages">,
): Promise<{ faults: Fault[]; pending: number }> {
  const ids = suspects.map(({ id }) => id);
  if (ids.length === 0) return { faults: [], pending: 0 };
  const before = await laws.pages(ids);
  const stored = await pages.getMany(ids, { consistent: true });
  const after = new Map((await laws.pages(ids)).map((row) => [row.id, row]));
  const faults: Fault[] = [];
  let pending = 0;
  for (const row of before) {
    const now = after.get(row.id);
    const problem = problemOf(row, stored.get(row.id));
    if (row.isPending || now?.isPending || now?.revision !== row.revision) pending += 1;
    else if (problem) faults.push(faultOf(row.id, problem));
  }
  return { faults, pending };
}

const faultOf = (id: string, problem: string): Fault => ({
  law: "pages-match-rows",
  kind: "publication",
  id,
  problem,
  repair: "rewrite-page",
});

function problemOf(row: RowPage, page: StoredPage | undefined): string | undefined {
  if (!page) return "it has no page";
  if (page.revision !== row.revision)
    return `its page is of revision ${page.revision}, its row of ${row.revision}`;
  const differing = FIELDS.flatMap(([field, name]) =>
    isSame(row[field], page[field]) ? [] : name,
  );
  if (differing.length > 0) return `its page has another ${differing.join(", ")}`;
  if ((page.indexedRevision !== null) !== (row.state === "active"))
    return row.state === "active"
      ? "its page cannot be found by any word"
      : "its page can be found";
  return undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
