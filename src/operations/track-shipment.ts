import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import {
  differencesOf,
  type HistoryDifference,
  type OurStep,
  type TheirScan,
} from "../domain/parcel-history.ts";
import { hasCode, MktError } from "../errors.ts";
import { showShipment } from "./list-sales.ts";
import { applyShipment, readShipment, type ShipmentDeps } from "./settle-shipment.ts";

type TrackDeps = ShipmentDeps & Pick<Deps, "lookup" | "orders" | "payments">;

/** A shipment with its two histories: what happened here, and what its carrier tells. */
export type Tracked = Awaited<ReturnType<typeof showShipment>> & {
  ours: OurStep[];
  theirs: TheirScan[];
  differences: HistoryDifference[];
};

/**
 * Asks the carrier how a shipment, or an order's, stands; applies what it says, and shows its history
 * beside ours. Without a label there is nothing of the carrier's to show.
 */
export async function trackShipment(
  { actor, shipment: text }: { actor: Actor; shipment: string },
  deps: TrackDeps,
): Promise<Tracked> {
  const id = await resolveShipment(text, deps);
  // Whoever may not see it may not move it either.
  const before = await showShipment({ actor, shipment: id }, deps);
  const told = await readShipment(before, deps);
  if (told) await applyShipment(id, told, deps);
  const shown = await showShipment({ actor, shipment: id }, deps);
  const ours = shown.transitions.map(({ event, from, to, actor: by, at }): OurStep => {
    return { event, from, to, actor: by, at };
  });
  const theirs = (told?.scans ?? []).map(({ state, description, place, at }): TheirScan => {
    return { state, description, place, at };
  });
  const differences = told
    ? differencesOf({ ...shown, steps: ours }, { ...told, scans: theirs })
    : [];
  return { ...shown, ours, theirs, differences };
}

async function resolveShipment(
  text: string,
  { lookup, shipments }: Pick<Deps, "lookup" | "shipments">,
): Promise<string> {
  try {
    return await lookup.resolve("shipment", text);
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
    const orderId = await lookup.resolve("order", text).catch(() => undefined);
    const last = orderId && (await shipments.ofOrder(orderId)).at(-1);
    if (last) return last.id;
    throw new MktError("not_found", `there is no shipment ${JSON.stringify(text)}`, {
      hint: "mkt shipment list shows them",
    });
  }
}
