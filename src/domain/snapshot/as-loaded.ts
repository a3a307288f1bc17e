import { isPast, PAST_FLAGS } from "../timers.ts";
import { partiesIn, type Row, type SnapshotHeader, type World } from "./world.ts";

const [IMPORTED] = PAST_FLAGS;

/** Columns that a snapshot does not bring, by table. */
export interface LoadedWorld extends Omit<World, "question"> {
  /** What this world calls its source. */
  source: string;
  /** Users who only did something, as staff do. */
  staff: string[];
}

/** Where what a snapshot brings is said to come from. */
export const sourceOf = ({ id }: SnapshotHeader): string => `snapshot:${id}`;

/**
 * A world as its rows stand in Aurora once it is loaded: its orders came with their history, so that no timer and no
 * provider touches them, nobody can log in as its users, and whatever a provider had is known to none.
 */
export function asLoaded(header: SnapshotHeader, world: World): LoadedWorld {
  const { question, ...tables } = world;
  const parties = partiesIn(world);
  const source = sourceOf(header);
  return {
    ...tables,
    source,
    staff: world.user.flatMap(({ id }) => (parties.has(id) ? [] : id)),
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

/** The same world, done by staff who are here already: of them nothing is loaded. `there` gives their ids here. */
export function withStaff(world: LoadedWorld, there: ReadonlyMap<string, string>): LoadedWorld {
  if (there.size === 0) return world;
  const name = (actor: string): string => {
    const id = there.get(actor.slice("user:".length));
    return id !== undefined && actor.startsWith("user:") ? `user:${id}` : actor;
  };
  return {
    ...world,
    user: world.user.filter(({ id }) => !there.has(id)),
    transition: world.transition.map((row) => ({ ...row, actor: name(row.actor) })),
    dispute: world.dispute.map((row) => {
      const { openedBy, resolvedBy } = row;
      return { ...row, openedBy: name(openedBy), resolvedBy: resolvedBy && name(resolvedBy) };
    }),
    event: world.event
      .filter(({ subjectId }) => !there.has(subjectId))
      .map((row) => ({ ...row, actor: name(row.actor) })),
  };
}
