/** What a category is like in every language: how often it is sold, at what prices, in which months. */
export interface CategoryFacts {
  /** Of publications, in relation to the others. */
  weight: number;
  /** The price in the middle, in US dollars. */
  priceUsd: number;
  /** How far prices lie apart: the deviation of their logarithm. */
  spread: number;
  feeBps: number;
  /** How much each month sells, from January, at most 1. */
  season: readonly number[];
}

const EVEN = [0.9, 0.9, 0.95, 0.95, 0.95, 0.9, 0.9, 0.92, 0.92, 0.95, 1, 1];
const GIFTS = [0.6, 0.55, 0.6, 0.6, 0.65, 0.65, 0.65, 0.75, 0.6, 0.7, 0.9, 1];
const OUTDOORS = [1, 0.9, 0.75, 0.6, 0.5, 0.45, 0.5, 0.55, 0.7, 0.85, 0.95, 1];
const WINTER = [0.45, 0.5, 0.65, 0.85, 1, 1, 1, 0.9, 0.7, 0.6, 0.55, 0.6];
const SCHOOL = [0.8, 1, 1, 0.75, 0.65, 0.6, 0.75, 0.7, 0.6, 0.6, 0.65, 0.7];

/** In the order of the word lists. */
export const CATEGORIES: readonly CategoryFacts[] = [
  { weight: 10, priceUsd: 120, spread: 0.8, feeBps: 1300, season: EVEN }, // furniture
  { weight: 6, priceUsd: 28, spread: 0.7, feeBps: 1300, season: WINTER }, // lighting
  { weight: 9, priceUsd: 25, spread: 0.8, feeBps: 1250, season: EVEN }, // kitchen
  { weight: 5, priceUsd: 32, spread: 0.8, feeBps: 1250, season: OUTDOORS }, // garden
  { weight: 6, priceUsd: 40, spread: 0.8, feeBps: 1200, season: EVEN }, // tools
  { weight: 7, priceUsd: 18, spread: 0.7, feeBps: 1400, season: GIFTS }, // toys
  { weight: 8, priceUsd: 12, spread: 0.5, feeBps: 1000, season: SCHOOL }, // books
  { weight: 6, priceUsd: 210, spread: 0.8, feeBps: 900, season: GIFTS }, // phones
  { weight: 6, priceUsd: 260, spread: 0.9, feeBps: 900, season: SCHOOL }, // computers
  { weight: 5, priceUsd: 55, spread: 0.9, feeBps: 1100, season: GIFTS }, // audio
  { weight: 2, priceUsd: 180, spread: 0.9, feeBps: 1000, season: GIFTS }, // cameras
  { weight: 4, priceUsd: 45, spread: 0.6, feeBps: 1100, season: GIFTS }, // games
  { weight: 5, priceUsd: 30, spread: 0.7, feeBps: 1300, season: EVEN }, // sports
  { weight: 3, priceUsd: 60, spread: 1, feeBps: 1200, season: OUTDOORS }, // cycling
  { weight: 3, priceUsd: 50, spread: 0.8, feeBps: 1200, season: OUTDOORS }, // camping
  { weight: 10, priceUsd: 22, spread: 0.6, feeBps: 1500, season: WINTER }, // clothing
  { weight: 6, priceUsd: 48, spread: 0.5, feeBps: 1500, season: EVEN }, // shoes
  { weight: 3, priceUsd: 75, spread: 1, feeBps: 1400, season: GIFTS }, // watches
  { weight: 6, priceUsd: 14, spread: 0.6, feeBps: 1400, season: EVEN }, // beauty
  { weight: 5, priceUsd: 16, spread: 0.7, feeBps: 1300, season: EVEN }, // pets
];

/** What a dollar is about worth, in whole units of a currency; others count as dollars. */
export const UNITS_A_USD: Readonly<Record<string, number>> = {
  ARS: 1_400,
  BRL: 5.5,
  CLP: 950,
  COP: 4_000,
  MXN: 18,
  PEN: 3.7,
  UYU: 40,
  JPY: 150,
};
