import gremlin from "gremlin";
import type { Case, Source, Traversal } from "./case.ts";

const { statics: __, P, t: T, cardinality, direction, merge } = gremlin.process;

const map = (...entries: [unknown, unknown][]) => new Map<unknown, unknown>(entries);

/** Steps that change the graph; each begins with the graph as it was loaded. */
export const WRITES: readonly Case[] = [
  [
    "addV()",
    (g) => g.addV("question").property(T.id, "q1").property("text", "?").elementMap(),
    [{ id: "q1", label: "question", text: "?" }],
  ],
  [
    "addV() with the id last",
    (g) => g.addV("question").property("text", "?").property(T.id, "q1"),
    ["q1"],
  ],
  [
    "addE() between labels",
    (g) =>
      g
        .V("u1")
        .as("a")
        .V("p5")
        .addE("views")
        .from_("a")
        .property(T.id, "v1")
        .project("from", "to")
        .by(__.outV().id())
        .by(__.inV().id()),
    [{ from: "u1", to: "p5" }],
  ],
  [
    "addE() between traversals",
    (g) => g.addE("views").from_(__.V("u1")).to(__.V("p5")).inV(),
    ["p5"],
  ],
  [
    "addE() while walking",
    (g) => g.V("u1").as("a").out("likes").addE("likes").from_("a").inV(),
    ["p3"],
  ],
  [
    "property(single)",
    (g) => g.V("u1").property(cardinality.single, "points", 30).valueMap("points"),
    [{ points: [30] }],
  ],
  [
    "property(list)",
    (g) => g.V("u1").property(cardinality.list, "points", 29).valueMap("points"),
    [{ points: [29, 29] }],
  ],
  [
    "property(set)",
    (g) => g.V("u1").property(cardinality.set, "points", 29).valueMap("points"),
    [{ points: [29] }],
  ],
  [
    "property(map)",
    (g) =>
      g
        .V("u1")
        .property(map(["a", 1], ["b", "x"]))
        .elementMap("a", "b"),
    [{ id: "u1", label: "user", a: 1, b: "x" }],
  ],
  [
    "property(key, traversal)",
    (g) => g.V("u1").property("followed", __.out("follows").count()).values("followed"),
    [2],
  ],
  ["property() of an edge", (g) => g.E("f7").property("weight", 2).values("weight"), [2]],
  [
    "property() of a date",
    (g) => g.V("u1").property("at", new Date(0)).values("at"),
    [new Date(0)],
  ],
  ["property() of a truth", (g) => g.V("u1").property("banned", true).values("banned"), [true]],
  [
    "mergeV() creates",
    (g) => g.mergeV(map([T.id, "n1"], [T.label, "user"], ["name", "eva"])).elementMap(),
    [{ id: "n1", label: "user", name: "eva" }],
  ],
  ["mergeV() finds by id", (g) => g.mergeV(map([T.id, "u1"])).values("name"), ["ana"]],
  [
    "mergeV() finds by properties",
    (g) => g.mergeV(map([T.label, "user"], ["name", "ana"])),
    ["u1"],
  ],
  [
    "mergeV().option(onCreate)",
    (g) =>
      g
        .mergeV(map([T.id, "n1"]))
        .option(merge.onCreate, map([T.label, "user"], ["new", true]))
        .elementMap(),
    [{ id: "n1", label: "user", new: true }],
  ],
  [
    "mergeV().option(onMatch)",
    (g) =>
      g
        .mergeV(map([T.id, "u1"]))
        .option(merge.onCreate, map(["new", true]))
        .option(merge.onMatch, map(["seen", true]))
        .elementMap("new", "seen"),
    [{ id: "u1", label: "user", seen: true }],
  ],
  [
    "mergeV() of injected maps",
    (g) =>
      g
        .inject([map([T.id, "n1"], [T.label, "user"]), map([T.id, "u1"])])
        .unfold()
        .mergeV(),
    ["n1", "u1"],
  ],
  [
    "mergeE() creates",
    (g) =>
      g
        .mergeE(
          map(
            [T.id, "n1"],
            [T.label, "views"],
            [direction.out, "u1"],
            [direction.in, "p5"],
            ["times", 2],
          ),
        )
        .elementMap(),
    [
      {
        id: "n1",
        label: "views",
        OUT: { id: "u1", label: "user" },
        IN: { id: "p5", label: "publication" },
        times: 2,
      },
    ],
  ],
  [
    "mergeE() finds by its ends",
    (g) => g.mergeE(map([T.label, "likes"], [direction.out, "u1"], [direction.in, "p3"])),
    ["l9"],
  ],
  ["mergeE() finds by id", (g) => g.mergeE(map([T.id, "l9"])).label(), ["likes"]],
  [
    "mergeE().option(onCreate, onMatch)",
    (g) =>
      g
        .mergeE(map([T.id, "l9"]))
        .option(
          merge.onCreate,
          map([T.label, "likes"], [direction.out, "u1"], [direction.in, "p3"]),
        )
        .option(merge.onMatch, map(["weight", 9]))
        .values("weight"),
    [9],
  ],
  [
    "mergeE().option(outV, inV)",
    (g) =>
      g
        .V("u2")
        .as("a")
        .V("p5")
        .as("b")
        .mergeE(map([T.label, "likes"], [direction.out, merge.outV], [direction.in, merge.inV]))
        .option(merge.outV, __.select("a"))
        .option(merge.inV, __.select("b"))
        .bothV(),
    ["u2", "p5"],
  ],
  [
    "mergeE() of injected maps",
    (g) =>
      g
        .inject([
          map([T.label, "likes"], [direction.out, "u2"], [direction.in, "p5"]),
          map([T.label, "likes"], [direction.out, "u1"], [direction.in, "p3"]),
        ])
        .unfold()
        .mergeE()
        .values("weight"),
    [0.4],
  ],
  [
    "make what is missing",
    (g) => g.V("n1").fold().coalesce(__.unfold(), __.addV("user").property(T.id, "n1")),
    ["n1"],
  ],
];

/** What every engine refuses. */
export const REFUSALS: readonly [name: string, traversal: (g: Source) => Traversal][] = [
  ["an id that is taken", (g) => g.addV("user").property(T.id, "u1")],
  ["an id under another label", (g) => g.mergeV(map([T.id, "u1"], [T.label, "other"]))],
  [
    "onCreate against the map",
    (g) => g.mergeV(map([T.id, "n1"], [T.label, "a"])).option(merge.onCreate, map([T.label, "b"])),
  ],
  [
    "an edge to nobody",
    (g) => g.mergeE(map([T.label, "likes"], [direction.out, "u1"], [direction.in, "nobody"])),
  ],
  ["an edge without ends", (g) => g.mergeE(map([T.id, "n1"], [T.label, "likes"]))],
  ["a new id for what is there", (g) => g.V("u1").property(T.id, "n1")],
  ["a cardinality for an edge", (g) => g.E("f7").property(cardinality.single, "weight", 1)],
  ["a walk from a value", (g) => g.V("u1").values("name").out()],
  [
    "several values where one is wanted",
    (g) => g.V("u1").property(cardinality.list, "points", 1).project("a").by("points"),
  ],
  ["a sum of texts", (g) => g.V().values("name").sum()],
  ["a name that nothing has", (g) => g.V().where("nothing", P.eq("nobody"))],
  ["what nothing kept", (g) => g.V().cap("nothing")],
];
