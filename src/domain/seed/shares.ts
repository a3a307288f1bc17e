import { diceOf, positionIn } from "./dice.ts";
import { ORDERS_A_PUBLICATION } from "./parameters.ts";
import type { Plant } from "./plants.ts";

/** Publications whose orders are written together, with what is planted among them. */
export interface SeedGroup {
  number: number;
  /** Publications from the first to before the end. */
  first: number;
  end: number;
  /** Without those planted. */
  orders: number;
  plants: Plant[];
}

/** A group is closed when it has so many orders or publications: its rows are all in memory at once. */
const ORDERS_A_GROUP = 150;
const PUBLICATIONS_A_GROUP = 120;
/** How fast a seller's publications fall behind the first one. */
const HEAD = 3;

/**
 * Shares orders out among publications: a few sellers sell most, and of each seller's publications a few.
 * `ends`: where each seller's publications end; `freshness`: for how much of the world a publication was there.
 */
export function quotasOf({
  orders,
  ends,
  freshness,
  plants,
  run,
}: {
  orders: number;
  ends: Float64Array;
  freshness: (publication: number) => number;
  plants: readonly Plant[];
  run: string;
}): { quotas: Int32Array; groups: SeedGroup[] } {
  const quotas = roundedQuotas(weightsOf(ends, freshness), orders);
  const groups = groupsOf(quotas);
  placePlants(groups, plants, ends, run);
  return { quotas, groups };
}

function weightsOf(ends: Float64Array, freshness: (publication: number) => number): Float64Array {
  const weights = new Float64Array(ends[ends.length - 1] ?? 0);
  let first = 0;
  for (let seller = 0; seller < ends.length; seller++) {
    const end = ends[seller] ?? 0;
    let own = 0;
    for (let index = first; index < end; index++) {
      weights[index] = Math.min(1, freshness(index)) / (index - first + HEAD);
      own += weights[index] ?? 0;
    }
    // Zipf's law among sellers.
    const share = 1 / (seller + 0.6) / own;
    for (let index = first; index < end; index++) weights[index] = (weights[index] ?? 0) * share;
    first = end;
  }
  return weights;
}

/** However few orders there are, one publication may have so many. */
const QUOTA_LEAST = 400;

/** Whole numbers in proportion to weights that make exactly the sum, none above the most that one may sell. */
function roundedQuotas(weights: Float64Array, orders: number): Int32Array {
  // Twice the mean, since all rows of a publication are in memory at once.
  const most = Math.min(
    ORDERS_A_PUBLICATION,
    Math.max(QUOTA_LEAST, Math.ceil((2 * orders) / weights.length)),
  );
  const quotas = new Int32Array(weights.length);
  const isFull = new Uint8Array(weights.length);
  let left = orders;
  let open = weights.reduce((sum, weight) => sum + weight, 0);
  for (let grew = true; grew; ) {
    grew = false;
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index] ?? 0;
      if (isFull[index] || (weight / open) * left <= most) continue;
      isFull[index] = 1;
      quotas[index] = most;
      left -= most;
      open -= weight;
      grew = true;
    }
  }
  let sum = 0;
  let given = 0;
  let last = -1;
  for (let index = 0; index < weights.length; index++) {
    if (isFull[index]) continue;
    sum += ((weights[index] ?? 0) / open) * left;
    const quota = Math.max(0, Math.floor(sum + 0.5) - given);
    quotas[index] = quota;
    given += quota;
    if (quota > 0) last = index;
  }
  if (last >= 0) quotas[last] = (quotas[last] ?? 0) + left - given;
  return quotas;
}

function groupsOf(quotas: Int32Array): SeedGroup[] {
  const groups: SeedGroup[] = [];
  let first = 0;
  let orders = 0;
  for (let index = 0; index < quotas.length; index++) {
    orders += quotas[index] ?? 0;
    const isLast = index === quotas.length - 1;
    const size = index + 1 - first;
    if (!isLast && orders < ORDERS_A_GROUP && size < PUBLICATIONS_A_GROUP) continue;
    groups.push({ number: groups.length, first, end: index + 1, orders, plants: [] });
    first = index + 1;
    orders = 0;
  }
  return groups;
}

/** Fraud is planted where several sellers are. */
function placePlants(
  groups: readonly SeedGroup[],
  plants: readonly Plant[],
  ends: Float64Array,
  run: string,
): void {
  const mixed = groups.filter(
    ({ first, end }) => positionIn(ends, end - 1) - positionIn(ends, first) >= 2,
  );
  const fields = mixed.length > 0 ? mixed : groups;
  for (const plant of plants)
    diceOf(`${run}:field:${plant.kind}:${plant.number}`).pick(fields).plants.push(plant);
}
