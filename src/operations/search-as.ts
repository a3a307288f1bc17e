import type { Deps } from "../deps.ts";
import { isId } from "../domain/ids.ts";
import { recordActivity } from "./record-activity.ts";
import { resolveUser } from "./resolve-user.ts";
import { type SearchInput, type SearchResult, search } from "./search.ts";

export type SearchRequest = Omit<SearchInput, "sellerId"> & {
  /** E-mail or id; an id needs DynamoDB only. */
  seller?: string | undefined;
  viewerId: string | null;
};

type SearchDeps = Pick<
  Deps,
  | "pages"
  | "postings"
  | "vocabulary"
  | "categoryNames"
  | "users"
  | "lookup"
  | "activityLog"
  | "realNow"
>;

/** Searches for somebody, and notes that they did. */
export async function searchAs(
  { seller, viewerId, ...input }: SearchRequest,
  deps: SearchDeps,
): Promise<SearchResult> {
  const sellerId = seller && (isId(seller) ? seller : (await resolveUser(seller, deps)).id);
  const result = await search({ ...input, sellerId }, deps);
  const data = { words: input.words, resultCount: result.items.length };
  await recordActivity({ kind: "search", userId: viewerId, data }, deps);
  return result;
}
