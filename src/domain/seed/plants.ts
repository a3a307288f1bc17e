import { MktError } from "../../errors.ts";
import { diceOf } from "./dice.ts";
import type { SeedParameters } from "./parameters.ts";

export type PlantKind = "fraud_ring" | "wash_trading" | "collusion";

/** Fraud to be planted: how much of it there is, before anything of it is told. */
export interface Plant {
  kind: PlantKind;
  number: number;
  /** Accounts of its own, the last users of the world, and which of them is its first. */
  accounts: number;
  firstAccount: number;
  orders: number;
  /** When it begins, as a share of the world's days. */
  begins: number;
}

/** What was planted, for whoever looks for it. */
export interface PlantedTruth {
  kind: PlantKind;
  userIds: string[];
  orderIds: string[];
  publicationIds: string[];
}

/** Of all users at most so many are planted ones. */
const ACCOUNTS_SHARE = 0.5;

export function plantsOf(run: string, parameters: SeedParameters): Plant[] {
  const wanted: readonly (readonly [PlantKind, number])[] = [
    ["fraud_ring", parameters.fraudRings],
    ["wash_trading", parameters.washTrading],
    ["collusion", parameters.collusion],
  ];
  let accounts = 0;
  let orders = 0;
  const plants = wanted.flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, number): Plant => {
      const dice = diceOf(`${run}:${kind}:${number}`);
      const own = kind === "fraud_ring" ? 4 + dice.below(4) : 3 + dice.below(3);
      const plant = {
        kind,
        number,
        accounts: own,
        firstAccount: accounts,
        orders: own * (kind === "fraud_ring" ? 3 + dice.below(2) : 4 + dice.below(3)),
        begins: dice.between(0.15, 0.7),
      };
      accounts += own;
      orders += plant.orders;
      return plant;
    }),
  );
  if (accounts > parameters.users * ACCOUNTS_SHARE || orders > parameters.orders) {
    throw new MktError(
      "invalid",
      `so much fraud takes ${accounts} users and ${orders} orders of its own`,
      { hint: "raise --users and --orders, or plant less" },
    );
  }
  return plants;
}
