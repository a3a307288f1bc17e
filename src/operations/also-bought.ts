import type { Deps } from "../deps.ts";
import { hasCode, MktError } from "../errors.ts";
import { alsoBought as alsoBoughtRecipe } from "../graph/also-bought.ts";

export interface AlsoBoughtAnswer {
  /** What was asked, as one would type it into a Gremlin console. */
  query: string;
  /** The title is null while DynamoDB is away. */
  items: { id: string; title: string | null; buyers: number }[];
}

const LIMIT_MAX = 100;

/** Who bought this publication also bought: by how many buyers, as the graph stood at its last dump. */
export async function alsoBought(
  { publication, limit }: { publication: string; limit: number },
  deps: Pick<Deps, "lookup" | "graph" | "pages" | "notice">,
): Promise<AlsoBoughtAnswer> {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new MktError("invalid", `a limit is a whole number from 1 to ${LIMIT_MAX}`);
  const id = await deps.lookup.resolve("publication", publication);
  const { query, items } = await deps.graph.ask(alsoBoughtRecipe(id, limit));
  const ids = items.map(({ publicationId }) => publicationId);
  const pages = await deps.pages.getMany(ids).catch((error: unknown) => {
    if (!hasCode(error, "unavailable")) throw error;
    deps.notice("DynamoDB cannot be reached: titles are left out");
    return new Map<string, { title: string }>();
  });
  return {
    query,
    items: items.map(({ publicationId, buyers }) => ({
      id: publicationId,
      title: pages.get(publicationId)?.title ?? null,
      buyers,
    })),
  };
}
