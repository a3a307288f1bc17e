import { createHash } from "node:crypto";
import { MktError } from "../../errors.ts";
import type { Language } from "../publication.ts";

/** All that a world follows from. */
export interface SeedParameters {
  seed: number;
  users: number;
  publications: number;
  orders: number;
  days: number;
  /** When the world ends, ISO-8601: what is open then stays open. */
  until: string;
  fraudRings: number;
  washTrading: number;
  collusion: number;
  language: Language;
  currency: string;
  timeZone: string;
}

/** The same on every day, so that the same command makes the same world. */
export const SEED_DEFAULTS = {
  users: 1_000,
  publications: 5_000,
  orders: 20_000,
  days: 180,
  until: "2026-10-01T00:00:00.000Z",
} as const;

/** Raise it whenever the same parameters give another world. */
const GENERATOR = 2;
const USERS_LEAST = 20;
/** No publication sells more often: a group of them is written at once. */
export const ORDERS_A_PUBLICATION = 2_000;
const LIMITS = { users: 1_000_000, publications: 1_000_000, orders: 10_000_000, days: 3_650 };

/** What the run is called: `42-a1b2c3`. The same parameters are the same run. */
export function runOf(parameters: SeedParameters): string {
  const text = JSON.stringify([GENERATOR, ...Object.entries(parameters).sort()]);
  const digest = createHash("sha256").update(text).digest("hex");
  return `${parameters.seed}-${digest.slice(0, 6)}`;
}

/** What rows of a run say that they come from. */
export const sourceOf = (run: string): string => `seed:${run}`;

/** Refuses with `invalid` what makes no world. */
export function checkParameters(parameters: SeedParameters): void {
  for (const [name, most] of Object.entries(LIMITS)) {
    const value = parameters[name as keyof typeof LIMITS];
    if (value > most) throw new MktError("invalid", `at most ${most} ${name} can be seeded`);
  }
  if (parameters.users < USERS_LEAST)
    throw new MktError("invalid", `a world has at least ${USERS_LEAST} users`);
  if (parameters.orders > parameters.publications * ORDERS_A_PUBLICATION) {
    throw new MktError(
      "invalid",
      `${parameters.publications} publications cannot be sold ${parameters.orders} times`,
      { hint: `at most ${ORDERS_A_PUBLICATION} orders a publication: raise --publications` },
    );
  }
}
