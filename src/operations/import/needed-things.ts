import type { Deps } from "../../deps.ts";
import { tidyText } from "../../domain/mapping/tidy-text.ts";
import { pastCategory, pastPublication, pastUser } from "../../domain/past/past-things.ts";
import type { PastRows } from "../../domain/past/rows.ts";
import type { Language } from "../../domain/publication.ts";
import { tidyRegion } from "../../domain/region.ts";
import { foldEmail } from "../../domain/user.ts";
import { MktError } from "../../errors.ts";
import type {
  ImportStaging,
  SourceCategory,
  SourceLine,
  SourcePerson,
  SourcePublication,
  SourcePurchase,
} from "../../stores/aurora/import-staging.ts";
import { sourceIds, withoutTime } from "./source-ids.ts";
import { iso } from "./tell-order.ts";

type ThingDeps = Pick<Deps, "imports" | "categories">;

/** What does not follow from the rows of a batch. */
export interface ImportContext {
  source: string;
  currency: string;
  /** Whose clocks the source's orders are told by. */
  timeZone: string;
  feeBps: number;
  language: Language;
  /** Who imports, as histories name an actor. */
  staff: string;
  /** The marketplace's time, up to which timers act. */
  now: string;
}

/** What the batch before brings, which may be on its way still: ids and e-mails of things that are as good as there. */
export interface ComingThings {
  ids: ReadonlySet<string>;
  emails: ReadonlySet<string>;
}

export const NOTHING_COMES: ComingThings = { ids: new Set(), emails: new Set() };

export function comingThings({ user, publication, category }: PastRows): ComingThings {
  const ids = [user, publication, category].flatMap((things) => things.map(({ id }) => id));
  return { ids: new Set(ids), emails: new Set(user.map(({ emailFolded }) => emailFolded)) };
}

/** A thing that a batch needs: its id, and what makes it when it is not there yet. */
interface Needed<T> {
  id: string;
  /** Undefined: it is there already. */
  make: T | undefined;
}

/** What the purchases of a batch need to be there, by their names in the source. */
export interface NeededThings {
  buyers: ReadonlyMap<string, Needed<SourcePerson>>;
  sellers: ReadonlyMap<string, Needed<SourcePerson>>;
  /** By `publicationKey`. */
  publications: ReadonlyMap<string, Needed<SourcePublication>>;
  /** By folded name. */
  categories: ReadonlyMap<string, Needed<SourceCategory>>;
}

const NAME_LIMIT = 200;
const ADDRESS_LIMIT = 400;
const TITLE_LIMIT = 200;
const DESCRIPTION_LIMIT = 10_000;
const KEYWORDS_LIMIT = 1_000;
const CATEGORIES_LIMIT = 20;
const NO_ADDRESS = "-";

export function publicationKey({ product, seller }: { product: string; seller: string }): string {
  return JSON.stringify([product, seller]);
}

export async function neededThings(
  purchases: readonly SourcePurchase[],
  lines: readonly SourceLine[],
  { source, coming }: { source: string; coming: ComingThings },
  staging: ImportStaging,
  deps: ThingDeps,
): Promise<NeededThings> {
  const told = { source, coming };
  const buyerIds = unique(purchases.map(({ buyerId }) => buyerId));
  const buyers = await neededPeople(told, await staging.people("buyer", buyerIds), deps);
  const sellerIds = unique(lines.map(({ seller }) => seller));
  const sellers = await neededPeople(told, await staging.people("seller", sellerIds), deps);
  const pairs = [...new Map(lines.map((line) => [publicationKey(line), line])).values()];
  const publications = await neededPublications(
    told,
    await staging.publications(pairs),
    sellers,
    deps,
  );
  const folded = unique(
    [...publications.values()].flatMap(({ make }) => make?.folded.slice(0, CATEGORIES_LIMIT) ?? []),
  );
  const categories = await neededCategories(told, await staging.categories(folded), deps);
  return { buyers, sellers, publications, categories };
}

/** People by their ids in the source. Users that came from it before are recognised. */
export async function neededPeople(
  { source, coming }: { source: string; coming: ComingThings },
  people: readonly SourcePerson[],
  { imports }: Pick<Deps, "imports">,
): Promise<Map<string, Needed<SourcePerson>>> {
  const ids = people.map(({ id }) => id);
  const known = await imports.known("user", source, ids);
  const there = new Map(known.map(({ id }) => [withoutTime(id), id]));
  return new Map(
    people.map((make) => {
      const id = sourceIds(source, make.kind, make.id)(make.since);
      return [make.id, needed(id, there.get(withoutTime(id)), make, coming)];
    }),
  );
}

async function neededPublications(
  { source, coming }: { source: string; coming: ComingThings },
  publications: readonly SourcePublication[],
  sellers: NeededThings["sellers"],
  { imports }: ThingDeps,
): Promise<Map<string, Needed<SourcePublication>>> {
  const sellerOf = ({ seller }: SourcePublication) => {
    const found = sellers.get(seller);
    if (!found) throw new RangeError(`seller ${seller} was not staged`);
    return found;
  };
  const pairs = publications
    .filter((each) => !sellerOf(each).make)
    .map((each) => ({ sellerId: sellerOf(each).id, externalId: each.product }));
  const there = new Map(
    (await imports.knownPublications(pairs)).map(({ id, sellerId, externalId }) => [
      publicationKey({ product: externalId, seller: sellerId }),
      id,
    ]),
  );
  return new Map(
    publications.map((make) => {
      const { product, seller, since } = make;
      const known = there.get(publicationKey({ product, seller: sellerOf(make).id }));
      const id = sourceIds(source, "publication", product, seller)(since);
      return [publicationKey(make), needed(id, known, make, coming)];
    }),
  );
}

async function neededCategories(
  { source, coming }: { source: string; coming: ComingThings },
  categories: readonly SourceCategory[],
  deps: ThingDeps,
): Promise<Map<string, Needed<SourceCategory>>> {
  const known = await deps.categories.findByName(categories.map(({ folded }) => folded));
  const there = new Map(known.map(({ id, nameFolded }) => [nameFolded, id]));
  return new Map(
    categories.map((make) => {
      const id = sourceIds(source, "category", make.folded)(make.since);
      return [make.folded, needed(id, there.get(make.folded), make, coming)];
    }),
  );
}

function needed<T>(
  id: string,
  known: string | undefined,
  make: T,
  { ids }: ComingThings,
): Needed<T> {
  const isThere = known !== undefined || ids.has(id);
  return { id: known ?? id, make: isThere ? undefined : make };
}

/** Adds the rows of people who are not there yet. */
export async function addPeople(
  people: Iterable<Needed<SourcePerson>>,
  { source, coming }: { source: string; coming: ComingThings },
  rows: PastRows,
  { imports }: Pick<Deps, "imports">,
): Promise<void> {
  const wanted = [...people].flatMap(({ id, make }) =>
    make ? [{ id, make, email: emailOf(make, source) ?? spareEmail(id, source) }] : [],
  );
  const taken = await imports.takenEmails(wanted.map(({ email }) => email.toLowerCase()));
  for (const email of coming.emails) taken.add(email);
  for (const { id, make, email } of wanted) {
    const isFree = !taken.has(email.toLowerCase());
    if (isFree) taken.add(email.toLowerCase());
    const user = {
      id,
      email: isFree ? email : spareEmail(id, source),
      name: tidyText(make.name, NAME_LIMIT) || tidyText(make.id, NAME_LIMIT) || make.kind,
      address: tidyText(make.address, ADDRESS_LIMIT) || NO_ADDRESS,
      region: tidyRegion(make.region),
      createdAt: iso(make.since),
      source,
      externalId: make.id,
    };
    pastUser(user, rows);
  }
}

/** Adds the rows of categories and publications that are not there yet. */
export function addPublications(
  { publications, sellers, categories }: NeededThings,
  { source, currency, language, staff }: ImportContext,
  rows: PastRows,
): void {
  for (const { id, make } of categories.values()) {
    if (!make) continue;
    const { name, folded: nameFolded } = make;
    const category = { id, name, nameFolded, feeBps: 0, createdAt: iso(make.since), source };
    pastCategory(category, staff, rows);
  }
  for (const { id, make } of publications.values()) {
    if (!make) continue;
    const { product, seller, since } = make;
    const document = {
      title: tidyText(make.title, TITLE_LIMIT) || tidyText(product, TITLE_LIMIT) || "-",
      description: tidyText(make.description, DESCRIPTION_LIMIT),
      keywords: tidyText(make.keywords, KEYWORDS_LIMIT),
      language,
      images: [],
    };
    const publication = {
      id,
      sellerId: sellers.get(seller)?.id ?? "",
      externalId: product,
      priceMinor: make.price,
      currency,
      startingStock: make.units,
      categoryIds: make.folded
        .slice(0, CATEGORIES_LIMIT)
        .flatMap((folded) => categories.get(folded)?.id ?? []),
      document,
      createdAt: iso(since),
      source,
    };
    pastPublication(publication, rows, sourceIds(source, "offer", product, seller));
  }
}

/** The e-mail that the source gives, or one made of the person's id; undefined when neither is one. */
function emailOf({ email, id }: SourcePerson, source: string): string | undefined {
  for (const candidate of [email, `${id}@${source}.invalid`]) {
    if (candidate === null) continue;
    try {
      foldEmail(candidate);
      return candidate.trim().normalize("NFC");
    } catch (error) {
      if (!(error instanceof MktError)) throw error;
    }
  }
  return undefined;
}

/** For whoever has none of their own: nobody else has it. */
function spareEmail(id: string, source: string): string {
  return `${id}@${source}.invalid`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
