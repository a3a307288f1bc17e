import { createHash } from "node:crypto";
import * as z from "zod";
import type { WebhookEvent } from "../webhook-event.ts";

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

/** The faults, and how many things of each kind there were when they were set. */
export const faultRecordSchema = z.object({
  settings: faultsSchema,
  before: z.record(z.string(), z.int().nonnegative()),
});

type FaultRecord = z.infer<typeof faultRecordSchema>;

/** Something of the provider, and the how-manieth of its kind it is. */
export interface Thing {
  object: WebhookEvent["data"]["object"];
  id: string;
  ordinal: number;
}

type FaultName = Exclude<keyof Faults, "seed" | "delayMs">;

/** What happens to one webhook. */
export interface Mishaps {
  lost: boolean;
  duplicated: boolean;
  reordered: boolean;
  delayMs: number;
}

/**
 * Decides what goes wrong. A decision depends on the seed, the fault and the how-manieth thing since the
 * faults were set it is (of a webhook: the how-manieth event of that thing), and on nothing else: ids are
 * new in every run, and a seed must replay all the same.
 */
export function faultDecisions(record: () => FaultRecord | undefined) {
  const draw = (name: string, { object, ordinal }: Omit<Thing, "id">, ...more: number[]) => {
    const { settings, before } = record() ?? { settings: NO_FAULTS, before: {} };
    return chance(settings.seed, name, object, ordinal - (before[object] ?? 0), ...more);
  };
  const settings = () => record()?.settings ?? NO_FAULTS;
  const happens = (name: FaultName, thing: Omit<Thing, "id">, ...more: number[]): boolean =>
    settings()[name] > 0 && draw(name, thing, ...more) < settings()[name];
  return {
    settings,
    happens,
    ofWebhook(thing: Thing, event: number): Mishaps {
      const [from, to] = settings().delayMs;
      return {
        lost: happens("lose", thing, event),
        duplicated: happens("duplicate", thing, event),
        reordered: happens("reorder", thing, event),
        delayMs: to > 0 ? from + Math.floor(draw("delayMs", thing, event) * (to - from + 1)) : 0,
      };
    },
  };
}

export type FaultDecisions = ReturnType<typeof faultDecisions>;

/** A number from 0 to below 1 that the seed and the words alone decide. */
function chance(seed: number, ...words: readonly (string | number)[]): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([seed, ...words]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
