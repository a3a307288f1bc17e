import gremlin from "gremlin";
import type { Profile } from "../../config.ts";
import type { EdgeRow, GraphValue, LabelCounts, VertexRow } from "../../domain/graph-rows.ts";
import { openNeptune, type Recipe, type Source, WORDS, type Words } from "./client.ts";

export type GraphStore = ReturnType<typeof openGraph>;

const RECORDS_A_REQUEST = 200;
const STEPS_A_REQUEST = 1_500;
const DROPPED_A_REQUEST = 1_000;

type Traversal = gremlin.process.GraphTraversal;
/** What a merge can be written after: a source at first, then the traversal that grows. */
type Chain = Pick<Traversal, "mergeV" | "mergeE">;

/** The graph of a profile. The connection is made at the first question. */
export function openGraph(profile: Profile["neptune"]) {
  const neptune = openNeptune(profile);

  const write = async <Row extends VertexRow>(
    rows: readonly Row[],
    merge: (chain: Chain, row: Row, words: Words) => Traversal,
  ): Promise<void> => {
    for (const [first, ...rest] of batches(rows)) {
      if (!first) continue;
      await neptune.ask((g) =>
        rest.reduce((chain, row) => merge(chain, row, WORDS), merge(g, first, WORDS)).iterate(),
      );
    }
  };

  const countBy = (start: (g: Source) => Traversal): Promise<LabelCounts> =>
    neptune.ask(async (g, { T }) => {
      const { value } = await start(g).groupCount().by(T.label).next();
      return value instanceof Map ? Object.fromEntries(value) : {};
    });

  const dropAll = async (start: (g: Source) => Traversal): Promise<void> => {
    const counts = await countBy(start);
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    for (let left = total; left > 0; left -= DROPPED_A_REQUEST)
      await neptune.ask((g) => start(g).limit(DROPPED_A_REQUEST).drop().iterate());
  };

  return {
    /** Asks a question that was written as a recipe. */
    ask: <Answer>(recipe: Recipe<Answer>): Promise<Answer> => neptune.ask(recipe),

    /** Makes vertices that are missing, by id, and sets their properties. Safe to repeat. */
    mergeVertices: (rows: readonly VertexRow[]) => write(rows, mergeVertex),

    /** Makes edges that are missing, by id, between vertices that are there. Safe to repeat. */
    mergeEdges: (rows: readonly EdgeRow[]) => write(rows, mergeEdge),

    /** How many vertices and edges of each label the graph holds. */
    countByLabel: async (): Promise<{ vertices: LabelCounts; edges: LabelCounts }> => ({
      vertices: await countBy((g) => g.V()),
      edges: await countBy((g) => g.E()),
    }),

    /** Drops what is in the graph when it begins, a bounded number of elements at a time. */
    clear: async (): Promise<void> => {
      await dropAll((g) => g.E());
      await dropAll((g) => g.V());
    },

    close: (): Promise<void> => neptune.close(),
  };
}

// Neptune matches reliably by id alone, and takes cardinalities only from property(), not from a merge's map.

function mergeVertex(chain: Chain, { id, label, properties }: VertexRow, words: Words): Traversal {
  const { T, merge, cardinality } = words;
  const vertex = chain
    .mergeV(new Map([[T.id, id]]))
    .option(merge.onCreate, new Map([[T.label, label]]));
  return Object.entries(properties).reduce(
    (made, [key, value]) => made.property(cardinality.single, key, onTheWire(value)),
    vertex,
  );
}

function mergeEdge(chain: Chain, row: EdgeRow, { T, merge, direction }: Words): Traversal {
  const created = new Map([
    [T.label, row.label],
    [direction.out, row.from],
    [direction.in, row.to],
  ]);
  const edge = chain.mergeE(new Map([[T.id, row.id]])).option(merge.onCreate, created);
  return Object.entries(row.properties).reduce(
    (made, [key, value]) => made.property(key, onTheWire(value)),
    edge,
  );
}

/** The driver knows no bigint: a Long has a type of its own. */
function onTheWire(value: GraphValue): unknown {
  return typeof value === "bigint" ? gremlin.structure.toLong(String(value)) : value;
}

/** As many rows to a request as Neptune takes well. */
function* batches<Row extends VertexRow>(rows: readonly Row[]): Iterable<Row[]> {
  let [batch, steps]: [Row[], number] = [[], 0];
  for (const row of rows) {
    const more = 2 + Object.keys(row.properties).length;
    if (
      batch.length === RECORDS_A_REQUEST ||
      (batch.length > 0 && steps + more > STEPS_A_REQUEST)
    ) {
      yield batch;
      [batch, steps] = [[], 0];
    }
    batch.push(row);
    steps += more;
  }
  if (batch.length > 0) yield batch;
}
