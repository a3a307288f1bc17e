import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import gremlin from "gremlin";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GraphStore, openGraph } from "../../stores/neptune/graph.ts";
import { plain } from "../../testing/neptune.ts";
import type { Running } from "../running.ts";
import { startGremlin } from "./server.ts";

type Source = gremlin.process.GraphTraversalSource;
type Traversal = gremlin.process.GraphTraversal;
type Case = [name: string, traversal: (g: Source) => Traversal, expected: unknown[]];

const { statics: __, P, t: T, cardinality, column, direction, merge, scope } = gremlin.process;
const map = (...entries: [unknown, unknown][]) => new Map<unknown, unknown>(entries);

const directory = mkdtempSync(join(tmpdir(), "mkt-modern-"));
const socketPath = join(directory, "g.sock");
let engine: Running;
let graph: GraphStore;

beforeAll(async () => {
  engine = await startGremlin({ socketPath });
  graph = openGraph({ url: `ws+unix://${socketPath}:/gremlin` });
});
afterAll(async () => {
  await graph.close();
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

/** TinkerPop's toy graph "modern", as its documentation has it. */
async function load(): Promise<void> {
  await graph.clear();
  const person = (id: string, name: string, age: number) => ({
    id,
    label: "person",
    properties: { name, age },
  });
  const software = (id: string, name: string) => ({
    id,
    label: "software",
    properties: { name, lang: "java" },
  });
  const edge = (id: string, label: string, from: string, to: string, weight: number) => ({
    id,
    label,
    from,
    to,
    properties: { weight },
  });
  await graph.mergeVertices([
    person("1", "marko", 29),
    person("2", "vadas", 27),
    software("3", "lop"),
    person("4", "josh", 32),
    software("5", "ripple"),
    person("6", "peter", 35),
  ]);
  await graph.mergeEdges([
    edge("7", "knows", "1", "2", 0.5),
    edge("8", "knows", "1", "4", 1),
    edge("9", "created", "1", "3", 0.4),
    edge("10", "created", "4", "5", 1),
    edge("11", "created", "4", "3", 0.4),
    edge("12", "created", "6", "3", 0.2),
  ]);
}

const ask = (traversal: (g: Source) => Traversal): Promise<unknown[]> =>
  graph.ask(async (g) => (await traversal(g).toList()).map(plain));

const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();

const gives = (cases: readonly Case[]) =>
  test.for(cases)("%s", async ([, traversal, expected]) => {
    expect(sorted(await ask(traversal))).toEqual(sorted(expected));
  });

describe("reading", () => {
  beforeAll(load);

  describe("where()", () =>
    gives([
      [
        "its by()s go round the operand and every name",
        (g) =>
          g
            .V()
            .as("a")
            .outE("created")
            .as("b")
            .inV()
            .as("c")
            .in_("created")
            .as("d")
            .where("a", P.lt("b").or(P.gt("c")).and(P.neq("d")))
            .by("age")
            .by("weight")
            .by(__.in_("created").values("age").min())
            .select("a", "d")
            .by("name"),
        [
          { a: "josh", d: "marko" },
          { a: "josh", d: "peter" },
          { a: "peter", d: "josh" },
          { a: "peter", d: "marko" },
        ],
      ],
      [
        "a by() that makes nothing of a name lets nothing through",
        (g) => g.V("1").as("a").out("created").as("b").where("a", P.neq("b")).by("age"),
        [],
      ],
      [
        "a single step under a label must reach what the label names",
        (g) => g.V("1").as("p").V().out("created").where(__.in_("created").as("p")).values("name"),
        ["lop", "lop", "lop"],
      ],
      [
        "within() looks in what was kept",
        (g) => g.V("3").aggregate("x").V().where(P.within("x")).values("name"),
        ["lop"],
      ],
    ]));

  describe("and() and or() between steps", () =>
    gives([
      ["and()", (g) => g.V().has("name", "marko").and().has("age", 29), ["1"]],
      ["or()", (g) => g.V().has("name", "marko").or().has("name", "josh"), ["1", "4"]],
      [
        "and() binds more",
        (g) => g.V().where(__.out("created").and().out("knows").or().in_("knows")).values("name"),
        ["marko", "vadas", "josh"],
      ],
    ]));

  describe("branches", () =>
    gives([
      ["union() counts nothing of nothing", (g) => g.V("none").union(__.count()), []],
      [
        "choose() counts only in the branch that is taken",
        (g) => g.inject(1).choose(__.is(1), __.constant(10).fold(), __.fold()),
        [[10]],
      ],
    ]));

  describe("what several steps keep under one name", () =>
    gives([
      [
        "groupCount()",
        (g) =>
          g
            .V("1", "3")
            .union(
              __.hasLabel("software").groupCount("m").by("lang"),
              __.hasLabel("person").groupCount("m").by("name"),
            )
            .cap("m")
            .unfold(),
        [{ java: 1 }, { marko: 1 }],
      ],
      [
        "group()",
        (g) =>
          g
            .V("1")
            .group("m")
            .by("name")
            .by("age")
            .out("created")
            .group("m")
            .by("lang")
            .by("name")
            .cap("m")
            .unfold(),
        [{ marko: [29] }, { java: ["lop"] }],
      ],
    ]));

  describe("group() by what a step made of its members together", () =>
    gives([
      [
        "a key without members to sort is left out",
        (g) => g.V().group().by(T.label).by(__.values("age").order().fold()).unfold(),
        [{ person: [27, 29, 32, 35] }],
      ],
      [
        "a key without members to tell apart is left out",
        (g) => g.V().group().by(T.label).by(__.out().dedup().count()).unfold(),
        [{ person: 4 }],
      ],
      [
        "a key without members to limit is left out",
        (g) => g.V().group().by(T.label).by(__.values("age").limit(1).count()).unfold(),
        [{ person: 1 }],
      ],
      [
        "a key without members to count has 0",
        (g) => g.V().group().by(T.label).by(__.out().count()).unfold(),
        [{ person: 6 }, { software: 0 }],
      ],
    ]));

  describe("nothing and no number", () =>
    gives([
      [
        "sum(), mean(), max() and min() pass nulls over",
        (g) =>
          g
            .inject(1)
            .project("sum", "mean", "max", "min")
            .by(__.inject(null, 10, 20).sum())
            .by(__.inject(null, 10, 20).mean())
            .by(__.inject(null, 10, 20).max())
            .by(__.inject(null, 10, 20).min()),
        [{ sum: 31, mean: 31 / 3, max: 20, min: 1 }],
      ],
      ["the sum of nulls is null", (g) => g.inject(null, null).sum(), [null]],
      ["null is at most null", (g) => g.inject(null).is(P.lte(null)), [null]],
      ["NaN is not itself", (g) => g.inject(Number.NaN).is(P.eq(Number.NaN)), []],
      ["nothing is below NaN", (g) => g.inject(1).is(P.lte(Number.NaN)), []],
    ]));

  gives([
    [
      "the sum of a list",
      (g) => g.V().hasLabel("person").values("age").fold().sum(scope.local),
      [123],
    ],
    [
      "coworkers",
      (g) =>
        g
          .V("1")
          .as("a")
          .out("created")
          .in_("created")
          .where(P.neq("a"))
          .groupCount()
          .by("name")
          .select(column.keys)
          .unfold(),
      ["josh", "peter"],
    ],
  ]);
});

test("inject() of a vertex that was given gives the vertex", async () => {
  await load();
  const friends = await graph.ask(async (g) => {
    const [marko] = await g.V("1").toList();
    return g.inject(marko).out("knows").values("name").toList();
  });
  expect(sorted(friends)).toEqual(sorted(["vadas", "josh"]));
});

describe("writing", () => {
  beforeEach(load);

  gives([
    [
      "onMatch sees what came to the merge",
      (g) =>
        g
          .inject(map(["find", map([T.id, "1"])], ["set", map(["age", 30])]))
          .mergeV(__.select("find"))
          .option(merge.onMatch, __.select("set"))
          .values("age"),
      [30],
    ],
    [
      "onMatch of an edge sees what came to the merge",
      (g) =>
        g
          .inject(map(["find", map([T.id, "7"])], ["set", map(["weight", 2])]))
          .mergeE(__.select("find"))
          .option(merge.onMatch, __.select("set"))
          .values("weight"),
      [2],
    ],
    [
      "onMatch of a merge that begins sees the vertex",
      (g) =>
        g
          .mergeV(map([T.id, "1"]))
          .option(merge.onMatch, __.project("copy").by("name"))
          .values("copy"),
      ["marko"],
    ],
    [
      "from() and to() after an edge's properties",
      (g) =>
        g
          .V("1")
          .as("a")
          .V("6")
          .as("b")
          .addE("met")
          .property("at", "work")
          .from_("a")
          .to("b")
          .project("from", "to", "at")
          .by(__.outV().id())
          .by(__.inV().id())
          .by("at"),
      [{ from: "1", to: "6", at: "work" }],
    ],
    [
      "a new vertex's property is seen from the one before",
      (g) => g.V("1").addV("copy").property("of", __.values("name")).values("of"),
      ["marko"],
    ],
    [
      "a property of a cardinality is seen from the new vertex",
      (g) => g.V("1").addV("copy").property(cardinality.single, "of", __.label()).values("of"),
      ["copy"],
    ],
    [
      "a key given twice to a new vertex keeps both values",
      (g) => g.addV("copy").property("n", 1).property("n", 2).values("n"),
      [1, 2],
    ],
    [
      "mergeE() takes its ends from labels",
      (g) =>
        g
          .mergeV(map([T.id, "2"]))
          .as("a")
          .mergeV(map([T.id, "6"]))
          .as("b")
          .mergeE(map([T.label, "met"], [direction.out, merge.outV], [direction.in, merge.inV]))
          .option(merge.outV, __.select("a"))
          .option(merge.inV, __.select("b"))
          .project("from", "to")
          .by(__.outV().id())
          .by(__.inV().id()),
      [{ from: "2", to: "6" }],
    ],
  ]);

  test.for<[string, (g: Source) => Traversal]>([
    ["a property", (g) => g.V("1").property("~label", 1)],
    ["a property of a cardinality", (g) => g.V("1").property(cardinality.list, "~label", 1)],
    ["a label", (g) => g.addV("~person")],
    ["a key to merge by", (g) => g.mergeV(map(["~id", "1"]))],
    ["a key to set", (g) => g.mergeV(map([T.id, "1"])).option(merge.onMatch, map(["~id", "2"]))],
  ])("refuses %s that begins with ~", async ([, traversal]) => {
    await expect(ask(traversal)).rejects.toThrow("does not begin with ~");
    expect(await ask((g) => g.V().count())).toEqual([6]);
  });

  test("refuses a traversal, such as one with a cardinality, as a value within a map", async () => {
    const age = map(["age", __.constant(33)]);
    await expect(ask((g) => g.mergeV(map([T.id, "1"])).option(merge.onMatch, age))).rejects.toThrow(
      "use property(cardinality, key, value)",
    );
    expect(await ask((g) => g.V("1").values("age"))).toEqual([29]);
  });

  test("refuses to keep a list where counts are kept", async () => {
    await expect(
      ask((g) => g.V().groupCount("m").by(T.label).aggregate("m").cap("m")),
    ).rejects.toThrow("the steps that keep something under m are of different kinds");
  });
});
