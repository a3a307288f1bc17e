import type { HomeSection } from "../domain/home.ts";
import { withCategoryNames } from "../domain/publication-card.ts";
import type { CategoryStore } from "../stores/dynamo/categories.ts";
import type { HomeStore } from "../stores/dynamo/home.ts";

const CATEGORY_SECTION = /^category:(.+)$/;

/** The home page as people read it: sections in order, categories by name. */
export async function readHome({
  home,
  categories,
}: {
  home: HomeStore;
  categories: CategoryStore;
}): Promise<HomeSection[]> {
  const [sections, names] = await Promise.all([home.readAll(), categories.names()]);
  return sections.map((section) => {
    const categoryId = CATEGORY_SECTION.exec(section.name)?.[1];
    const title = (categoryId && names.get(categoryId)) || section.title;
    return {
      ...section,
      title,
      cards: section.cards.map((card) => withCategoryNames(card, names)),
    };
  });
}
