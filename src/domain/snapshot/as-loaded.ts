import { isPast, PAST_FLAGS } from "../timers.ts";
import type { Row, SnapshotHeader, World } from "./world.ts";

const [IMPORTED] = PAST_FLAGS;

/** Columns that a snapshot does not bring, by table. */
export interface LoadedWorld extends Omit<World, "question"> {
  /** What this world calls its source. */
  source: string;
}

/** Where what a snapshot brings is said to come from. */
export const sourceOf = ({ id }: SnapshotHeader): string => `snapshot:${id}`;

/**
 * A world as its rows stand in Aurora once it is loaded: its orders came with their history, so that no timer and no
 * provider touches them, nobody can log in as its users, and whatever a provider had is known to none.
 */
export function asLoaded(header: SnapshotHeader, world: World): LoadedWorld {
  const { question, ...tables } = world;
  const source = sourceOf(header);
  return {
    ...tables,
    source,
    user: world.user.map((row) => ({ ...row, source, passwordHash: "-" })),
    category: world.category.map((row) => ({ ...row, source })),
    publication: world.publication.map((row) => ({ ...row, source })),
    purchase: world.purchase.map((row) => ({ ...row, source })),
    order: world.order.map((row) => ({ ...row, flags: flagged(row.flags) })),
    payment: world.payment.map((row) => ({ ...row, cardToken: "-", synthesised: true })),
    // A label can still be bought for what no carrier had.
    shipment: world.shipment.map((row) => ({ ...row, synthesised: row.state !== "pending" })),
    event: world.event.map(flaggedEvent),
  };
}

const flagged = (flags: readonly string[]): string[] =>
  isPast({ flags }) ? [...flags] : [...flags, IMPORTED];

function flaggedEvent(row: Row<"event">): Row<"event"> {
  const { subjectKind, data } = row;
  if (subjectKind !== "order" || !Array.isArray(data.flags)) return row;
  return { ...row, data: { ...data, flags: flagged(data.flags) } };
}
