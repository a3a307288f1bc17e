// The traversal source that drivers call by its alias.
globals = [g: traversal().withEmbedded(graph)]
