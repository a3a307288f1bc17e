import type { Deps } from "../deps.ts";
import { cardOf } from "../domain/publication-card.ts";
import type { HomeSection } from "../stores/aurora/home-sections.ts";

export type HomeDeps = Pick<
  Deps,
  "events" | "publications" | "sections" | "categories" | "pages" | "homeSections" | "now"
>;

const CURSOR = "home";
const BATCH = 1_000;
const CARDS = 12;
/** Home is rebuilt at most this often, however much happens. */
const QUIET_MS = 2_000;

/** What stands in each section, and in which order sections stand. */
const FIXED: readonly WantedSection[] = [
  { section: { kind: "newest" }, title: "Newest", order: 0 },
  { section: { kind: "best_sellers" }, title: "Best sellers", order: 1 },
  { section: { kind: "best_rated" }, title: "Best rated", order: 2 },
];
const CATEGORY_ORDER = 3;
const CATEGORY_PREFIX = "category:";

/**
 * Rebuilds the home page's sections in which something changed since the last time. It follows the relay,
 * whose pages it shows, and does nothing for two seconds after it did something, unless forced.
 */
export async function rebuildHome(deps: HomeDeps, { force = false } = {}): Promise<string[]> {
  const { position, note } = await deps.events.cursor(CURSOR);
  const rebuiltAt = typeof note.rebuiltAt === "number" ? note.rebuiltAt : 0;
  if (!force && Date.now() - rebuiltAt < QUIET_MS) return [];
  const relayed = (await deps.events.cursor("relay")).position;
  const { categoryIds, upTo } = await whatChanged(position, relayed, deps);
  if (upTo === position) return [];
  const built = await buildSections(
    [...FIXED, ...[...categoryIds].map(categorySection)],
    upTo,
    deps,
  );
  await deps.events.advance(CURSOR, upTo, deps.now(), { rebuiltAt: Date.now() });
  return built;
}

/** Builds sections again that are named, as things stand now; gives the names of those whose category is gone. */
export async function rebuildSections(names: readonly string[], deps: HomeDeps): Promise<string[]> {
  const named = new Map(FIXED.map((fixed) => [fixed.section.kind as string, fixed]));
  const sections = names.map(
    (name) => named.get(name) ?? categorySection(name.slice(CATEGORY_PREFIX.length)),
  );
  const upTo = (await deps.events.cursor("relay")).position;
  const built = await buildSections(sections, upTo, deps);
  return names.filter((name) => !built.includes(name));
}

interface WantedSection {
  section: HomeSection;
  title: string;
  order: number;
}

const categorySection = (categoryId: string): WantedSection => ({
  section: { kind: "category", categoryId },
  title: categoryId,
  order: CATEGORY_ORDER,
});

/** Writes sections as of a position; those of categories that are not there are left out. Gives their names. */
async function buildSections(
  wanted: readonly WantedSection[],
  upTo: number,
  deps: HomeDeps,
): Promise<string[]> {
  const titles = new Set((await deps.categories.all()).map(({ id }) => id));
  const built: string[] = [];
  for (const { section, title, order } of wanted) {
    if (section.kind === "category" && !titles.has(section.categoryId)) continue;
    const name =
      section.kind === "category" ? `${CATEGORY_PREFIX}${section.categoryId}` : section.kind;
    const ids = await deps.sections.section(section, CARDS);
    const pages = await deps.pages.getMany(ids);
    const cards = ids.flatMap((id) => {
      const page = pages.get(id);
      return page && page.state === "active" ? [cardOf(page)] : [];
    });
    await deps.homeSections.putSection({ name, title, order, cards }, upTo);
    built.push(name);
  }
  return built;
}

/** The categories whose publications changed, and how far the log was read. */
async function whatChanged(from: number, relayed: number, { events, publications }: HomeDeps) {
  const categoryIds = new Set<string>();
  const sold = new Set<string>();
  let upTo = from;
  for (;;) {
    const batch = await events.after(upTo, BATCH, { which: "to_apply" });
    for (const event of batch.filter(({ position }) => position !== null && position <= relayed)) {
      upTo = event.position ?? upTo;
      for (const id of stringsOf(event.data.categories)) categoryIds.add(id);
      if (event.type === "order.paid" || event.type === "order.cancelled") {
        for (const line of Array.isArray(event.data.lines) ? event.data.lines : [])
          sold.add(String(line.publicationId));
      }
    }
    if (batch.length < BATCH) upTo = Math.max(upTo, relayed);
    if (upTo >= relayed) break;
  }
  for (const { categories } of await publications.pagesOf([...sold])) {
    for (const id of categories) categoryIds.add(id);
  }
  return { categoryIds, upTo };
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
