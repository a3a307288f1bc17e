import type { Deps } from "../deps.ts";
import { type PublicationCard, withCategoryNames } from "../domain/publication-card.ts";
import { recordActivity } from "./record-activity.ts";

export interface ShownSection {
  name: string;
  title: string;
  items: PublicationCard[];
}

const CATEGORY_SECTION = /^category:(.+)$/;

/** The home page as people read it: sections in order, categories by their present names. */
export async function home(
  { viewerId }: { viewerId: string | null },
  deps: Pick<Deps, "homeSections" | "categoryNames" | "activityLog" | "realNow">,
): Promise<ShownSection[]> {
  const [sections, names] = await Promise.all([
    deps.homeSections.readAll(),
    deps.categoryNames.names(),
  ]);
  await recordActivity({ kind: "home", userId: viewerId, data: {} }, deps);
  return sections.map(({ name, title, cards }) => {
    const categoryId = CATEGORY_SECTION.exec(name)?.[1];
    return {
      name,
      title: (categoryId && names.get(categoryId)) || title,
      items: cards.map((card) => withCategoryNames(card, names)),
    };
  });
}
