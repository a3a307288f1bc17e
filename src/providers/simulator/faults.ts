import { createHash } from "node:crypto";
import { z } from "zod";

const probability = z.number().min(0).max(1);
const DELAY_LIMIT_MS = 3_600_000;
const delay = z.int().nonnegative().max(DELAY_LIMIT_MS);

/** What goes wrong by itself, how often (0 to 1); the seed says when. */
export const faultsSchema = z.object({
  seed: z.int().nonnegative(),
  /** Every webhook waits as long as this, in real milliseconds: from, to. */
  delayMs: z.tuple([delay, delay]).refine(([from, to]) => from <= to, "from is more than to"),
  /** A webhook is sent twice. */
  duplicate: probability,
  /** A webhook waits until a later one of the same thing was taken. */
  reorder: probability,
  /** A webhook is never sent, unless it is resent by hand. */
  lose: probability,
  /** A charge to a good card is declined. */
  decline: probability,
  /** A charge is made and never answered. */
  timeout: probability,
  /** A charge to a good card is charged back later. */
  chargeback: probability,
  /** A parcel gets lost on its way. */
  losePackage: probability,
});

export type Faults = z.infer<typeof faultsSchema>;

export const NO_FAULTS: Faults = {
  seed: 1,
  delayMs: [0, 0],
  duplicate: 0,
  reorder: 0,
  lose: 0,
  decline: 0,
  timeout: 0,
  chargeback: 0,
  losePackage: 0,
};

/** A number from 0 to below 1 that the seed and the words alone decide. */
export function chance(seed: number, ...words: readonly (string | number)[]): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([seed, ...words]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
