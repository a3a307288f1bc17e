import { createHash } from "node:crypto";
import type { Fault } from "../../domain/law.ts";
import { type Posting, postingsOf } from "../../domain/postings.ts";
import type { StoredPage } from "../../stores/dynamo/pages.ts";
import type { PostingId } from "../../stores/dynamo/postings.ts";
import type { Checkup, CheckupDeps } from "./checkup.ts";

type PostingDeps = Pick<CheckupDeps, "laws" | "pages" | "postings">;

/**
 * What a page says about its postings, in so few bytes that all pages fit into memory: which count, what each
 * of them holds, how many there are, and how many were seen.
 */
interface Tally {
  indexedRevision: number | null;
  digest: string;
  expected: number;
  seen: number;
}

const AGAIN_AT_ONCE = 50;
const NAMED_MOST = 3;

/** Judges postings by pages: first hears of all pages, then of every posting in any order. */
export function postingCheck(checkup: Checkup, deps: PostingDeps) {
  const tallies = new Map<string, Tally>();
  const law = "postings-match-pages";

  return {
    hearPages: (pages: readonly StoredPage[]): void => {
      if (!checkup.has(law)) return;
      for (const page of pages) {
        const { indexedRevision } = page;
        const all = indexedRevision === null ? [] : postingsOf(page, indexedRevision);
        const [first] = all;
        const digest = first ? digestOf(first) : "";
        tallies.set(page.id, { indexedRevision, digest, expected: all.length, seen: 0 });
      }
    },

    hearPostings: async (postings: readonly Posting[]): Promise<void> => {
      if (!checkup.has(law)) return;
      const suspects: Posting[] = [];
      for (const posting of postings) {
        const tally = tallies.get(posting.publicationId);
        const counts = tally?.indexedRevision === posting.indexedRevision;
        // With the same words each of them has its place: what a posting says of itself is then enough.
        if (tally && counts && tally.digest === digestOf(posting)) tally.seen += 1;
        else suspects.push(posting);
      }
      checkup.count(law, postings.length);
      if (suspects.length > 0) checkup.found(await strayAmong(suspects, deps));
    },

    /** Looks again at every page that more or fewer postings were seen of than it has. */
    finish: async (): Promise<void> => {
      if (!checkup.has(law)) return;
      const suspects = [...tallies].flatMap(([id, { seen, expected }]) =>
        seen === expected ? [] : [id],
      );
      for (let start = 0; start < suspects.length; start += AGAIN_AT_ONCE) {
        checkup.step("checking postings", 0);
        const ids = suspects.slice(start, start + AGAIN_AT_ONCE);
        const { faults, pending } = await incompleteAmong(ids, deps);
        checkup.found(faults);
        checkup.count(law, 0, pending);
      }
    },
  };
}

/** Postings that no page counts, now that pages and postings are read once more. */
async function strayAmong(
  suspects: readonly Posting[],
  { laws, pages, postings }: PostingDeps,
): Promise<Fault[]> {
  const ids = [...new Set(suspects.map(({ publicationId }) => publicationId))];
  const now = await pages.getMany(ids, { consistent: true });
  const pending = await pendingAmong(ids, laws);
  const expected = new Map(
    [...now.values()].map((page) => [page.id, new Set(expectedOf(page).map(nameOf))]),
  );
  const stray = suspects.filter(
    (posting) =>
      !pending.has(posting.publicationId) &&
      expected.get(posting.publicationId)?.has(nameOf(posting)) !== true,
  );
  // A relay at work deletes what it leaves behind: only what is still there is wrong.
  const there = stray.length > 0 ? await postings.findMany(stray) : [];
  return there.map((posting) => {
    const { list, impact, publicationId, indexedRevision } = posting;
    const counted = now.get(publicationId)?.indexedRevision;
    const why =
      counted === undefined
        ? "and it has no page"
        : counted === indexedRevision
          ? "which its page does not have"
          : `and its page counts ${counted === null ? "none" : `those of revision ${counted}`}`;
    return {
      law: "postings-match-pages",
      kind: "publication",
      id: publicationId,
      problem: `it has a posting ${list} of revision ${indexedRevision}, ${why}`,
      repair: "remove-posting",
      posting: { list, impact, publicationId, indexedRevision },
    };
  });
}

/** Pages that lack postings, or whose postings say something else, now that both are read once more. */
async function incompleteAmong(
  ids: readonly string[],
  { laws, pages, postings }: PostingDeps,
): Promise<{ faults: Fault[]; pending: number }> {
  const now = await pages.getMany(ids, { consistent: true });
  const expected = [...now.values()].map((page) => ({ page, all: expectedOf(page) }));
  const found = new Map(
    (await postings.findMany(expected.flatMap(({ all }) => all))).map((posting) => [
      `${posting.publicationId} ${nameOf(posting)}`,
      textOf(posting),
    ]),
  );
  const later = await pages.getMany(ids, { consistent: true });
  const pending = await pendingAmong(ids, laws);
  const faults = expected.flatMap(({ page, all }): Fault[] => {
    if (pending.has(page.id) || later.get(page.id)?.revision !== page.revision) return [];
    const differing = all.filter(
      (posting) => found.get(`${page.id} ${nameOf(posting)}`) !== textOf(posting),
    );
    if (differing.length === 0) return [];
    const lists = differing.map(({ list }) => list);
    const named = `${lists.slice(0, NAMED_MOST).join(", ")}${lists.length > NAMED_MOST ? ", …" : ""}`;
    const problem = `${differing.length} of its ${all.length} postings are missing or differ: ${named}`;
    return [
      {
        law: "postings-match-pages",
        kind: "publication",
        id: page.id,
        problem,
        repair: "rewrite-page",
      },
    ];
  });
  return { faults, pending: pending.size };
}

async function pendingAmong(
  ids: readonly string[],
  laws: PostingDeps["laws"],
): Promise<Set<string>> {
  const uuids = ids.filter((id) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id));
  const rows = await laws.pages(uuids);
  return new Set(rows.flatMap(({ id, isPending }) => (isPending ? id : [])));
}

const expectedOf = (page: StoredPage): Posting[] =>
  page.indexedRevision === null ? [] : postingsOf(page, page.indexedRevision);

/** What names a posting among those of its publication. */
const nameOf = ({ list, impact, indexedRevision }: PostingId): string =>
  `${list} ${impact} ${indexedRevision}`;

/** Everything that all postings of a page have in common. */
function textOf(posting: Posting): string {
  const { version, language, frequencies, length, priceMinor, currency, categories } = posting;
  const { sellerId, publishedAt } = posting;
  const facts = { version, language, length, priceMinor, currency, categories, sellerId };
  return JSON.stringify([facts, publishedAt, [...frequencies]]);
}

const digestOf = (posting: Posting): string =>
  createHash("md5").update(textOf(posting)).digest("base64");
