import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { isId } from "../domain/ids.ts";
import type { PublicationPage } from "../domain/publication.ts";
import { cardOf, type PublicationCard, withCategoryNames } from "../domain/publication-card.ts";
import type { Question } from "../domain/question.ts";
import { MktError } from "../errors.ts";
import { recordActivity } from "./record-activity.ts";
import { resolveUser } from "./resolve-user.ts";

type PageDeps = Pick<Deps, "pages" | "lookup">;

/** A page with the names of its categories and its latest questions. */
export type ShownPublication = PublicationPage & { questions: Question[] };

const QUESTIONS_SHOWN = 20;

/** The page that people read. A whole id needs DynamoDB only; a beginning is looked up in Aurora. */
export async function resolvePage(
  text: string,
  { pages, lookup }: PageDeps,
): Promise<PublicationPage> {
  const typed = text.trim().toLowerCase();
  const id = isId(typed) ? typed : await lookup.resolve("publication", text);
  const page = await pages.get(id);
  if (!page) {
    throw new MktError("not_found", `there is no publication ${text}`, {
      hint: "mkt search finds publications; one made a moment ago may still be on its way",
    });
  }
  const { indexedRevision: _, ...shown } = page;
  return shown;
}

export async function showPublication(
  { publication, viewerId }: { publication: string; viewerId: string | null },
  deps: PageDeps & Pick<Deps, "categoryNames" | "questions" | "activityLog" | "realNow">,
): Promise<ShownPublication> {
  const page = await resolvePage(publication, deps);
  const [names, questions] = await Promise.all([
    deps.categoryNames.names(),
    deps.questions.listByPublication(page.id, { limit: QUESTIONS_SHOWN }),
  ]);
  await recordActivity({ kind: "view", userId: viewerId, data: { publicationId: page.id } }, deps);
  const categories = page.categories.map((id) => names.get(id) ?? id);
  return { ...page, categories, questions: questions.items };
}

/** A seller's publications of every state, newest first. */
export async function listPublications(
  want: { seller: string; limit: number; pageToken?: string | undefined },
  deps: Pick<Deps, "pages" | "categoryNames" | "users" | "lookup">,
): Promise<{
  items: (PublicationCard & { state: string; version: number })[];
  nextPageToken: string | null;
}> {
  const seller = want.seller.trim().toLowerCase();
  const sellerId = isId(seller) ? seller : (await resolveUser(seller, deps)).id;
  const { limit, pageToken } = want;
  const [names, page] = await Promise.all([
    deps.categoryNames.names(),
    deps.pages.listBySeller(sellerId, { limit, pageToken }),
  ]);
  const items = page.items.map((row) => {
    return { ...withCategoryNames(cardOf(row), names), state: row.state, version: row.version };
  });
  return { items, nextPageToken: page.nextPageToken ?? null };
}

/** In which currency a publication is sold; reads Aurora, which decides. */
export async function currencyOf(
  text: string,
  { lookup, publications }: Pick<Deps, "lookup" | "publications">,
): Promise<string> {
  const row = await publications.find(await lookup.resolve("publication", text));
  if (!row) throw new MktError("not_found", `there is no publication ${text}`);
  return row.currency;
}

/** How many units are left, which its seller and staff may know; reads Aurora, which decides. */
export async function stockOf(
  { actor, publication }: { actor: Actor; publication: string },
  { lookup, publications }: Pick<Deps, "lookup" | "publications">,
): Promise<{ stock: number; soldUnits: number }> {
  const row = await publications.find(await lookup.resolve("publication", publication));
  if (!row) throw new MktError("not_found", `there is no publication ${publication}`);
  requireOneOf(actor, [row.sellerId], `the stock of publication ${row.id}`, "operator", "support");
  return { stock: row.stock, soldUnits: row.soldUnits };
}
