/** One write that a client sent to its store, for whoever watches: the demo's narrator. */
export interface StoreWrite {
  store: "Aurora" | "DynamoDB" | "S3";
  /** The table, the kind of item, or the kind of object. */
  what: string;
  count: number;
}

export type WriteObserver = (write: StoreWrite) => void;

/** Sums writes by store and kind, in the order in which they first came: `Aurora: purchase, order ×2`. */
export function describeWrites(writes: readonly StoreWrite[]): { store: string; what: string }[] {
  const stores = new Map<string, Map<string, number>>();
  for (const { store, what, count } of writes) {
    const kinds = stores.get(store) ?? new Map<string, number>();
    stores.set(store, kinds.set(what, (kinds.get(what) ?? 0) + count));
  }
  return [...stores].map(([store, kinds]) => ({
    store,
    what: [...kinds].map(([what, count]) => (count > 1 ? `${what} ×${count}` : what)).join(", "),
  }));
}
