/** How much one more occurrence of a word in a document adds: BM25's k1. */
const SATURATION = 1.2;
/** How much a long document pays for its length: BM25's b. */
const LENGTH_PENALTY = 0.75;
/** Constant, so that a posting's impact depends on its own text and never has to be rewritten. */
const AVERAGE_LENGTH = 40;

/** BM25's term part, from 0 to 2.2. */
export function termWeight(frequency: number, length: number): number {
  const norm = 1 - LENGTH_PENALTY + (LENGTH_PENALTY * length) / AVERAGE_LENGTH;
  return (frequency * (SATURATION + 1)) / (frequency + SATURATION * norm);
}

/** How much a word tells when `documents` of `total` have it; never negative. Both are approximate. */
export function rarity(documents: number, total: number): number {
  const having = Math.max(1, documents);
  const all = Math.max(having, total);
  return Math.log(1 + (all - having + 0.5) / (having + 0.5));
}
