import gremlin from "gremlin";
import type { Case, Source, Traversal } from "./case.ts";

const { statics: __, P, t: T, order, column, scope, pick } = gremlin.process;

/** The driver's types do not know yet that union() can begin a traversal. */
function startUnion(g: Source): Traversal {
  const source = g as Source & { union(...branches: Traversal[]): Traversal };
  return source.union(__.V("u1"), __.inject(2));
}

/** Steps that make one of many. */
export const GROUPING: readonly Case[] = [
  ["count()", (g) => g.V().count(), [6]],
  ["count() of nothing", (g) => g.V("nobody").count(), [0]],
  ["count(local)", (g) => g.V().fold().count(scope.local), [6]],
  [
    "sum(), min(), max(), mean()",
    (g) =>
      g
        .V()
        .values("points")
        .fold()
        .project("sum", "min", "max", "mean")
        .by(__.sum(scope.local))
        .by(__.min(scope.local))
        .by(__.max(scope.local))
        .by(__.mean(scope.local)),
    [{ sum: 123, min: 27, max: 35, mean: 30.75 }],
  ],
  ["sum() of fractions", (g) => g.E().values("weight").sum(), [4]],
  ["sum() of nothing", (g) => g.V("nobody").values("points").sum(), []],
  ["min() of texts", (g) => g.V().values("name").min(), ["ana"]],
  ["groupCount()", (g) => g.V().groupCount().by(T.label), [{ user: 4, publication: 2 }]],
  [
    "groupCount() leaves out what by() has not",
    (g) => g.V().groupCount().by("colour"),
    [{ red: 2 }],
  ],
  ["group()", (g) => g.V().group().by(T.label).by(__.count()), [{ user: 4, publication: 2 }]],
  [
    "group() of values",
    (g) => g.V().hasLabel("publication").order().by("name").group().by("colour").by("name"),
    [{ red: ["lamp", "vase"] }],
  ],
  [
    "group() of sorted values",
    (g) => g.V().group().by(T.label).by(__.order().by("name", order.desc).values("name").fold()),
    [{ user: ["dani", "caro", "beto", "ana"], publication: ["vase", "lamp"] }],
  ],
  [
    "group() leaves out a key without a value",
    (g) => g.V().group().by(T.label).by(__.values("points").sum()),
    [{ user: 123 }],
  ],
  [
    "group(name) and cap()",
    (g) => g.V().groupCount("n").by(T.label).cap("n"),
    [{ user: 4, publication: 2 }],
  ],
  [
    "aggregate() and cap()",
    (g) => g.V().hasLabel("publication").order().by("name").aggregate("x").by("name").cap("x"),
    [["lamp", "vase"]],
  ],
  [
    "aggregate() waits for all",
    (g) => g.V().hasLabel("user").aggregate("x").limit(1).cap("x").unfold().count(),
    [4],
  ],
  [
    "aggregate(local) does not",
    (g) => g.V().hasLabel("user").aggregate(scope.local, "x").limit(1).cap("x").unfold().count(),
    [1],
  ],
  ["sideEffect()", (g) => g.V("u1").sideEffect(__.out("likes").aggregate("x")).cap("x"), [["p3"]]],
];

/** Steps whose results have an order. */
export const ORDERED: readonly Case[] = [
  [
    "order().by(key)",
    (g) => g.V().order().by("name").values("name"),
    ["ana", "beto", "caro", "dani", "lamp", "vase"],
  ],
  [
    "order().by(key, desc)",
    (g) => g.V().order().by("points", order.desc),
    ["u6", "u4", "u1", "u2"],
  ],
  [
    "order().by(traversal).by(key)",
    (g) => g.V().order().by(__.out("likes").count(), order.desc).by("name"),
    ["u4", "u1", "u6", "u2", "p3", "p5"],
  ],
  ["order() of mixed types", (g) => g.inject("b", 2, "a", 1, true).order(), [true, 1, 2, "a", "b"]],
  [
    "order(local)",
    (g) => g.V().values("name").fold().order(scope.local).by(order.desc).limit(scope.local, 2),
    [["vase", "lamp"]],
  ],
  [
    "order(local) of a map",
    (g) => g.V().groupCount().by(T.label).order(scope.local).by(column.values).select(column.keys),
    [["publication", "user"]],
  ],
  [
    "limit(), skip(), range(), tail()",
    (g) =>
      g
        .V()
        .order()
        .by("name")
        .values("name")
        .fold()
        .project("limit", "skip", "range", "tail")
        .by(__.limit(scope.local, 2))
        .by(__.skip(scope.local, 4))
        .by(__.range(scope.local, 1, 3))
        .by(__.tail(scope.local, 2)),
    [
      {
        limit: ["ana", "beto"],
        skip: ["lamp", "vase"],
        range: ["beto", "caro"],
        tail: ["lamp", "vase"],
      },
    ],
  ],
  ["limit(local, 1) gives the item", (g) => g.inject([1, 2]).limit(scope.local, 1), [1]],
  ["limit()", (g) => g.V().order().by("name").limit(2).values("name"), ["ana", "beto"]],
  ["range()", (g) => g.V().order().by("name").range(1, 3).values("name"), ["beto", "caro"]],
  [
    "range() without end",
    (g) => g.V().order().by("name").range(4, -1).values("name"),
    ["lamp", "vase"],
  ],
  ["skip()", (g) => g.V().order().by("name").skip(4).values("name"), ["lamp", "vase"]],
  ["tail()", (g) => g.V().order().by("name").tail(2).values("name"), ["lamp", "vase"]],
  ["dedup()", (g) => g.V().values("colour").dedup(), ["red"]],
  // Engines may drop before they sort, so which one of a label is left is not to be relied on.
  ["dedup().by()", (g) => g.V().dedup().by(T.label).label().order(), ["publication", "user"]],
  [
    "dedup(labels)",
    (g) => g.V("u1").as("a").out("likes").as("b").in_("likes").dedup("a", "b").select("b"),
    ["p3"],
  ],
  ["dedup(local)", (g) => g.inject([1, 1, 2]).dedup(scope.local), [[1, 2]]],
];

/** Steps that go several ways, or round. */
export const BRANCHES: readonly Case[] = [
  ["union()", (g) => g.V("u1").union(__.values("name"), __.out("likes").id()), ["ana", "p3"]],
  [
    "union() counts all together",
    (g) => g.V().union(__.out().count(), __.constant(0).limit(1)),
    [6, 0],
  ],
  ["union() at the start", (g) => startUnion(g), ["u1", 2]],
  ["local() counts each alone", (g) => g.V("u1", "u2").local(__.out().count()), [3, 0]],
  [
    "coalesce()",
    (g) => g.V("u1", "p3").coalesce(__.values("colour"), __.values("name")),
    ["ana", "red"],
  ],
  ["optional()", (g) => g.V("u1", "u2").optional(__.out("likes")), ["p3", "u2"]],
  [
    "choose(if, then, else)",
    (g) => g.V("u1", "p3").choose(__.hasLabel("user"), __.values("points"), __.constant("no")),
    [29, "no"],
  ],
  [
    "choose(if, then)",
    (g) => g.V("u1", "p3").choose(__.hasLabel("user"), __.values("points")),
    [29, "p3"],
  ],
  [
    "choose(P)",
    (g) => g.V().values("points").choose(P.gt(30), __.constant("more"), __.constant("less")),
    ["less", "less", "more", "more"],
  ],
  [
    "choose().option()",
    (g) =>
      g
        .V("u1", "p3")
        .choose(__.label())
        .option("user", __.values("name"))
        .option(pick.none, __.constant("other")),
    ["ana", "other"],
  ],
  [
    "choose().option(P)",
    (g) =>
      g
        .V("u1", "u4")
        .choose(__.values("points"))
        .option(P.gt(30), __.constant("more"))
        .option(pick.none, __.constant("less")),
    ["less", "more"],
  ],
  ["repeat().times()", (g) => g.V("u1").repeat(__.out()).times(2), ["p3", "p5"]],
  ["times().repeat()", (g) => g.V("u1").times(0).repeat(__.out()), ["u1"]],
  ["repeat().emit()", (g) => g.V("u1").repeat(__.out()).emit(), ["u2", "u4", "p3", "p3", "p5"]],
  [
    "emit().repeat()",
    (g) => g.V("u1").emit().repeat(__.out()),
    ["u1", "u2", "u4", "p3", "p3", "p5"],
  ],
  [
    "repeat().emit(if)",
    (g) => g.V("u1").repeat(__.out()).emit(__.hasLabel("publication")),
    ["p3", "p3", "p5"],
  ],
  [
    "repeat().until()",
    (g) => g.V("u1").repeat(__.out()).until(__.hasLabel("publication")).path(),
    [
      ["u1", "p3"],
      ["u1", "u4", "p3"],
      ["u1", "u4", "p5"],
    ],
  ],
  [
    "until().repeat()",
    (g) => g.V("u1", "p3").until(__.hasLabel("publication")).repeat(__.out("likes")),
    ["p3", "p3"],
  ],
  [
    "repeat().times().emit()",
    (g) => g.V("u1").repeat(__.out("follows", "likes")).times(2).emit().count(),
    [5],
  ],
  [
    "repeat(simplePath())",
    (g) => g.V("u1").repeat(__.both().simplePath()).until(__.hasId("u6")).path(),
    [
      ["u1", "p3", "u6"],
      ["u1", "u4", "p3", "u6"],
    ],
  ],
  [
    "repeat(dedup()) remembers",
    (g) => g.V("u1").repeat(__.both().dedup()).emit(),
    ["u1", "u2", "u4", "u6", "p3", "p5"],
  ],
  [
    "repeat().until(loops())",
    (g) => g.V("u1").repeat(__.both()).until(__.loops().is(2)).count(),
    [7],
  ],
  [
    "repeat() within repeat()",
    (g) => g.V("u1").repeat(__.repeat(__.out()).times(1)).times(2),
    ["p3", "p5"],
  ],
];
