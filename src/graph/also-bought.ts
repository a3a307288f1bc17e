import type { Recipe } from "../stores/neptune/client.ts";
import { vertexId } from "./vocabulary.ts";

/** Another publication, and how many buyers of the first one bought it too. */
export interface AlsoBought {
  publicationId: string;
  buyers: number;
}

/** Orders in these states were no purchase in the end. */
const NOT_BOUGHT = ["reserved", "expired", "cancelled", "refunded"];

/** Who bought this also bought: by how many buyers, then by id. At most `limit` publications. */
export const alsoBought =
  (publicationId: string, limit: number): Recipe<AlsoBought[]> =>
  async (g, { __, P, order, column }) => {
    const id = vertexId("publication", publicationId);
    const bought = P.without(NOT_BOUGHT);
    const rows = await g
      .V(id)
      .inE("contains")
      .has("state", bought)
      .outV()
      .in_("placed")
      .dedup()
      .flatMap(
        __.out("placed").outE("contains").has("state", bought).inV().hasId(P.neq(id)).dedup(),
      )
      .groupCount()
      .by(__.id())
      .unfold()
      .order()
      .by(column.values, order.desc)
      .by(column.keys)
      .limit(limit)
      .project("id", "buyers")
      .by(column.keys)
      .by(column.values)
      .toList();
    return rows.map(toAnswer);
  };

function toAnswer(row: unknown): AlsoBought {
  if (!(row instanceof Map)) throw new TypeError("also-bought gave something other than rows");
  return {
    publicationId: String(row.get("id")).slice("publication:".length),
    buyers: Number(row.get("buyers")),
  };
}
