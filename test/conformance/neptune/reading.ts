import gremlin from "gremlin";
import type { Case, Source } from "./case.ts";

const { statics: __, P, TextP, t: T, column, pop, withOptions } = gremlin.process;

const map = (...entries: [unknown, unknown][]) => new Map<unknown, unknown>(entries);

const likers = (g: Source) => g.V("u1").as("a").out("likes").in_("likes");

/** Elements and steps from one to the next. */
export const WALKS: readonly Case[] = [
  ["V()", (g) => g.V(), ["u1", "u2", "p3", "u4", "p5", "u6"]],
  ["V(id)", (g) => g.V("u1"), ["u1"]],
  ["V(ids)", (g) => g.V(["u1", "p3"]), ["u1", "p3"]],
  ["V(unknown)", (g) => g.V("nobody"), []],
  ["V() in the middle", (g) => g.V("u1").V("p3"), ["p3"]],
  ["E(id)", (g) => g.E("f7"), ["f7"]],
  ["E().count()", (g) => g.E().count(), [6]],
  ["out()", (g) => g.V("u1").out(), ["u2", "u4", "p3"]],
  ["out(labels)", (g) => g.V("u1").out("likes", "asked"), ["p3"]],
  ["in()", (g) => g.V("p3").in_(), ["u1", "u4", "u6"]],
  ["both()", (g) => g.V("u4").both(), ["u1", "p3", "p5"]],
  ["outE().inV()", (g) => g.V("u1").outE("follows").inV(), ["u2", "u4"]],
  ["inE().outV()", (g) => g.V("u4").inE().outV(), ["u1"]],
  ["bothE()", (g) => g.V("u4").bothE(), ["f8", "l10", "l11"]],
  ["bothE().otherV()", (g) => g.V("u4").bothE().otherV(), ["u1", "p3", "p5"]],
  ["bothV()", (g) => g.E("f7").bothV(), ["u1", "u2"]],
  ["id() and label()", (g) => g.V("u1").union(__.id(), __.label()), ["u1", "user"]],
];

/** Steps that let through or not. */
export const FILTERS: readonly Case[] = [
  ["has(key)", (g) => g.V().has("points").count(), [4]],
  ["has(key, value)", (g) => g.V().has("name", "ana"), ["u1"]],
  ["has(label, key, value)", (g) => g.V().has("user", "name", "lamp"), []],
  ["has(key, value of another type)", (g) => g.V().has("points", "29"), []],
  ["has(T.id, within)", (g) => g.V().has(T.id, P.within("u1", "p3")), ["u1", "p3"]],
  ["has(T.label, value)", (g) => g.V().has(T.label, "publication"), ["p3", "p5"]],
  ["has(key, traversal)", (g) => g.V().has("points", __.is(P.gt(30))), ["u4", "u6"]],
  ["hasLabel(labels)", (g) => g.V().hasLabel("user", "publication").count(), [6]],
  ["hasLabel(P)", (g) => g.V().hasLabel(P.neq("user")), ["p3", "p5"]],
  ["hasId(ids)", (g) => g.V().hasId("u1", "u2"), ["u1", "u2"]],
  ["hasId(neq)", (g) => g.V("u1").out().hasId(P.neq("p3")), ["u2", "u4"]],
  ["hasNot(key)", (g) => g.V().hasNot("points"), ["p3", "p5"]],
  ["hasKey(key)", (g) => g.V("u1", "u2").properties().hasKey("points").value(), [29, 27]],
  ["hasValue(value)", (g) => g.V().properties().hasValue("vase").key(), ["name"]],
  ["gt, lte", (g) => g.V().has("points", P.gt(27).and(P.lte(32))), ["u1", "u4"]],
  ["lt, gte", (g) => g.V().has("points", P.lt(28).or(P.gte(35))), ["u2", "u6"]],
  ["between", (g) => g.V().has("points", P.between(27, 32)), ["u1", "u2"]],
  // Gremlin Server reads inside() from GraphSON as between(): only what both agree on is asked.
  ["inside", (g) => g.V().has("points", P.inside(28, 32)), ["u1"]],
  ["outside", (g) => g.V().has("points", P.outside(28, 33)), ["u2", "u6"]],
  ["not(P)", (g) => g.V().has("points", P.not(P.gt(28))), ["u2"]],
  ["neq leaves out what has none", (g) => g.V().has("points", P.neq(29)), ["u2", "u4", "u6"]],
  ["within()", (g) => g.V().has("name", P.within()), []],
  [
    "without(list)",
    (g) =>
      g
        .V()
        .has("name", P.without(["ana", "lamp"]))
        .count(),
    [4],
  ],
  ["gt of another type", (g) => g.V().has("name", P.gt(1)), []],
  ["startingWith", (g) => g.V().has("name", TextP.startingWith("l")), ["p3"]],
  ["containing", (g) => g.V().has("name", TextP.containing("an")), ["u1", "u6"]],
  ["endingWith", (g) => g.V().has("name", TextP.endingWith("o")), ["u2", "u4"]],
  ["notContaining", (g) => g.V().has("name", TextP.notContaining("a")), ["u2"]],
  ["is(value)", (g) => g.V().values("points").is(29), [29]],
  ["filter(traversal)", (g) => g.V().filter(__.out("likes").count().is(P.gte(2))), ["u4"]],
  ["not(traversal)", (g) => g.V().not(__.out()), ["u2", "p3", "p5"]],
  ["and()", (g) => g.V().and(__.out("likes"), __.has("points", P.gt(30))), ["u4", "u6"]],
  ["or()", (g) => g.V().or(__.out("follows"), __.in_("follows")), ["u1", "u2", "u4"]],
  ["infix and", (g) => g.V().where(__.out("likes").and().out("follows")), ["u1"]],
  ["infix or", (g) => g.V().where(__.out("follows").or().in_("follows")), ["u1", "u2", "u4"]],
  ["identity()", (g) => g.V("u1").identity(), ["u1"]],
  ["barrier()", (g) => g.V("u1").barrier().out("likes"), ["p3"]],
  ["none()", (g) => g.V().none(), []],
];

/** Steps that look back. */
export const LABELS: readonly Case[] = [
  ["where(neq)", (g) => likers(g).where(P.neq("a")), ["u4", "u6"]],
  ["where(neq).by()", (g) => likers(g).where(P.neq("a")).by("name"), ["u4", "u6"]],
  [
    "where(label, gt).by()",
    (g) => likers(g).as("b").where("b", P.gt("a")).by("points"),
    ["u4", "u6"],
  ],
  [
    "where(without(kept))",
    (g) => g.V("u1").out("likes").aggregate("x").in_("likes").out("likes").where(P.without("x")),
    ["p5"],
  ],
  ["where(within(kept))", (g) => g.V("u1").out().aggregate("x").out().where(P.within("x")), ["p3"]],
  [
    "where(from a label)",
    (g) => g.V().as("a").out("likes").as("b").where(__.as("a").has("name", "dani")).select("b"),
    ["p3"],
  ],
  [
    "where(from label to label)",
    (g) => g.V().as("a").out("follows").as("b").where(__.as("a").out("likes").in_("likes").as("b")),
    ["u4"],
  ],
  [
    "where(not(from a label))",
    (g) =>
      g
        .V()
        .as("a")
        .where(__.not(__.as("a").out("likes"))),
    ["u2", "p3", "p5"],
  ],
  [
    "where() on a map",
    (g) => likers(g).as("b").select("a", "b").where("a", P.neq("b")).select("b"),
    ["u4", "u6"],
  ],
  ["select(label)", (g) => g.V("u1").as("a").out("likes").select("a"), ["u1"]],
  [
    "select(labels).by()",
    (g) => g.V("u1").as("a").out("likes").as("b").select("a", "b").by("name").by("colour"),
    [{ a: "ana", b: "red" }],
  ],
  ["select(missing)", (g) => g.V("u1").as("a").select("b"), []],
  [
    "select() leaves out what by() has not",
    (g) => g.V().as("a").select("a").by("points"),
    [29, 27, 32, 35],
  ],
  [
    "select(Pop.first)",
    (g) => g.V("u1").as("a").out("likes").as("a").select(pop.first, "a"),
    ["u1"],
  ],
  [
    "select(Pop.all)",
    (g) => g.V("u1").as("a").out("likes").as("a").select(pop.all, "a"),
    [["u1", "p3"]],
  ],
  ["select() in a map", (g) => g.inject(map(["a", 1], ["b", 2])).select("a"), [1]],
  [
    "select(keys), select(values)",
    (g) => g.inject(map(["a", 1])).union(__.select(column.keys), __.select(column.values)),
    [["a"], [1]],
  ],
  ["select() of what was kept", (g) => g.V("u1").aggregate("x").out("likes").select("x"), [["u1"]]],
];

/** Steps that make values. */
export const VALUES: readonly Case[] = [
  ["values(key)", (g) => g.V().values("points"), [29, 27, 32, 35]],
  ["values()", (g) => g.V("u1").values(), ["ana", 29]],
  ["properties()", (g) => g.E("f7").properties(), [{ weight: 0.5 }]],
  ["valueMap()", (g) => g.V("u1").valueMap(), [{ name: ["ana"], points: [29] }]],
  [
    "valueMap(key).by(unfold())",
    (g) => g.V("u1").valueMap("name").by(__.unfold()),
    [{ name: "ana" }],
  ],
  [
    "valueMap().with(tokens)",
    (g) => g.V("u1").valueMap("name").with_(withOptions.tokens),
    [{ id: "u1", label: "user", name: ["ana"] }],
  ],
  [
    "valueMap().with(tokens, ids)",
    (g) => g.V("u1").valueMap("name").with_(withOptions.tokens, withOptions.ids),
    [{ id: "u1", name: ["ana"] }],
  ],
  ["valueMap() of an edge", (g) => g.E("f7").valueMap(), [{ weight: 0.5 }]],
  ["elementMap()", (g) => g.V("u1").elementMap("name"), [{ id: "u1", label: "user", name: "ana" }]],
  [
    "elementMap() of an edge",
    (g) => g.E("f7").elementMap(),
    [
      {
        id: "f7",
        label: "follows",
        IN: { id: "u2", label: "user" },
        OUT: { id: "u1", label: "user" },
        weight: 0.5,
      },
    ],
  ],
  [
    "project().by()",
    (g) =>
      g.V("u1").project("name", "likes", "self").by("name").by(__.out("likes").count()).by(T.id),
    [{ name: "ana", likes: 1, self: "u1" }],
  ],
  [
    "project() leaves out what by() has not",
    (g) => g.V("p3").project("name", "points").by("name").by("points"),
    [{ name: "lamp" }],
  ],
  ["constant()", (g) => g.V().hasLabel("publication").constant("x"), ["x", "x"]],
  ["inject()", (g) => g.inject(1, "a"), [1, "a"]],
  ["inject() in the middle", (g) => g.V("u1").values("name").inject("x"), ["ana", "x"]],
  ["fold() and unfold()", (g) => g.V().values("name").fold().unfold().count(), [6]],
  ["fold() of nothing", (g) => g.V("nobody").fold(), [[]]],
  ["unfold() of a map", (g) => g.inject(map(["a", 1])).unfold(), [{ a: 1 }]],
  ["map(traversal)", (g) => g.V("u1", "u2").map(__.out("likes").values("name")), ["lamp"]],
  [
    "flatMap(traversal)",
    (g) => g.V("u1").flatMap(__.out().values("name")),
    ["beto", "caro", "lamp"],
  ],
  ["path()", (g) => g.V("u1").out("likes").path(), [["u1", "p3"]]],
  [
    "path().by()",
    (g) => g.V("u1").out().path().by("name").by(T.label),
    [
      ["ana", "user"],
      ["ana", "user"],
      ["ana", "publication"],
    ],
  ],
  [
    "path() leaves out what by() has not",
    (g) => g.V("u1").out().path().by("points"),
    [
      [29, 27],
      [29, 32],
    ],
  ],
  [
    "path() through local()",
    (g) => g.V("u1").local(__.out("likes").values("name")).path(),
    [["u1", "p3", "lamp"]],
  ],
  [
    "path() through flatMap()",
    (g) => g.V("u1").flatMap(__.out("likes").values("name")).path(),
    [["u1", "lamp"]],
  ],
  ["path() after count()", (g) => g.V("u1").out().count().path(), [[3]]],
  ["simplePath()", (g) => g.V("u1").out("likes").in_("likes").simplePath(), ["u4", "u6"]],
  ["cyclicPath()", (g) => g.V("u1").out("likes").in_("likes").cyclicPath(), ["u1"]],
];
