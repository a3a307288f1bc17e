import type { Recipe } from "../stores/neptune/client.ts";
import { idOfVertex, vertexId } from "./vocabulary.ts";

/** Another publication, and how many buyers of the first one bought it too. */
export interface AlsoBought {
  publicationId: string;
  buyers: number;
}

/** Who bought this also bought: by how many buyers, then by id. At most `limit` publications. */
export function alsoBought(
  publicationId: string,
  limit: number,
): Recipe<{ query: string; items: AlsoBought[] }> {
  const id = vertexId("publication", publicationId);
  return async (g, { P, T, order, column, textOf }) => {
    // One edge a buyer and publication: counting edges counts buyers.
    const traversal = g
      .V(id)
      .in_("bought")
      .out("bought")
      .hasId(P.neq(id))
      .groupCount()
      .by(T.id)
      .unfold()
      .order()
      .by(column.values, order.desc)
      .by(column.keys)
      .limit(limit);
    const query = textOf(traversal);
    const rows: unknown[] = await traversal.toList();
    return { query, items: rows.flatMap(toItems) };
  };
}

/** An unfolded entry comes as a map of one. */
function toItems(entry: unknown): AlsoBought[] {
  if (!(entry instanceof Map)) throw new TypeError("the graph gave something other than counts");
  return [...entry].map(([id, buyers]) => ({
    publicationId: idOfVertex(String(id)),
    buyers: Number(buyers),
  }));
}
