import { createHash } from "node:crypto";
import type { Fault } from "../../domain/law.ts";
import { isInPlace, type Posting, postingsOf } from "../../domain/postings.ts";
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
        if (tally && counts && isInPlace(posting) && tally.digest === digestOf(posting))
          tally.seen += 1;
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
async function strayAmong(suspects: readonly Posting[], deps: PostingDeps): Promise<Fault[]> {
  const pending = await pendingAmong(idsOf(suspects), deps.laws);
  const judged = suspects.filter(({ publicationId }) => !pending.has(publicationId));
  const stray = await uncounted(judged, deps);
  // A relay at work deletes what it leaves behind: only what is still there is wrong.
  const there = stray.length > 0 ? await deps.postings.findMany(stray) : [];
  return idsOf(there).map((id) => {
    const own = there.filter(({ publicationId }) => publicationId === id);
    const lists = own.map(({ list, indexedRevision }) => `${list} of revision ${indexedRevision}`);
    const names = own.map(({ list, impact, publicationId, indexedRevision }) => {
      return { list, impact, publicationId, indexedRevision };
    });
    return {
      law: "postings-match-pages",
      kind: "publication",
      id,
      problem: `its page does not count ${named(lists)}`,
      repair: "remove-postings",
      postings: names,
    };
  });
}

/** Those of these postings that their pages, as they stand now, do not have. */
export async function uncounted<T extends PostingId>(
  postings: readonly T[],
  { pages }: Pick<PostingDeps, "pages">,
): Promise<T[]> {
  const now = await pages.getMany(idsOf(postings), { consistent: true });
  const counted = new Set([...now.values()].flatMap(expectedOf).map(nameOf));
  return postings.filter((posting) => !counted.has(nameOf(posting)));
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
      nameOf(posting),
      textOf(posting),
    ]),
  );
  const later = await pages.getMany(ids, { consistent: true });
  const pending = await pendingAmong(ids, laws);
  const faults = expected.flatMap(({ page, all }): Fault[] => {
    if (pending.has(page.id) || later.get(page.id)?.revision !== page.revision) return [];
    const differing = all.filter((posting) => found.get(nameOf(posting)) !== textOf(posting));
    if (differing.length === 0) return [];
    const lists = differing.map(({ list }) => list);
    const problem = `its page lacks, or differs from, ${named(lists)}`;
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

const idsOf = (postings: readonly PostingId[]): string[] => [
  ...new Set(postings.map(({ publicationId }) => publicationId)),
];

const nameOf = ({ list, impact, publicationId, indexedRevision }: PostingId): string =>
  `${list} ${impact} ${publicationId} ${indexedRevision}`;

/** Such as `3 postings: one, two, …`. */
function named(lists: readonly string[]): string {
  const more = lists.length > NAMED_MOST ? ", …" : "";
  const what = lists.length === 1 ? "a posting" : `${lists.length} postings`;
  return `${what}: ${lists.toSorted().slice(0, NAMED_MOST).join(", ")}${more}`;
}

/** Everything that all postings of a page have in common. */
function textOf(posting: Posting): string {
  const { version, language, frequencies, length, priceMinor, currency, categories } = posting;
  const { sellerId, publishedAt } = posting;
  const facts = { version, language, length, priceMinor, currency, categories, sellerId };
  return JSON.stringify([facts, publishedAt, [...frequencies]]);
}

const digestOf = (posting: Posting): string =>
  createHash("md5").update(textOf(posting)).digest("base64");
