import type gremlin from "gremlin";

export type Source = gremlin.process.GraphTraversalSource;
export type Traversal = gremlin.process.GraphTraversal;

/** A traversal over the graph that the suite loads, and what it gives. */
export type Case = [name: string, traversal: (g: Source) => Traversal, expected: unknown[]];
