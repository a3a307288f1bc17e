import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { projectPublications } from "./project-publication.ts";
import { type HomeDeps, rebuildHome } from "./rebuild-home.ts";
import { type RelayDeps, type RelayReport, relay, retrySetAside } from "./relay.ts";

export interface RelayRequest {
  actor: Actor;
  /** Writes every page and its postings again, from Aurora's rows. */
  reindex: boolean;
  /** An event that was set aside: to apply, or to leave out. */
  retry: number | undefined;
  skip: number | undefined;
  progress: (done: number, total: number) => void;
}

const BATCH = 200;

/** Relays on somebody's word: what is pending, one event that was set aside, or everything anew. */
export async function relayAs(
  { actor, reindex, retry, skip, progress }: RelayRequest,
  deps: RelayDeps & HomeDeps & Pick<Deps, "profile">,
): Promise<RelayReport> {
  requireStaff(actor, "operator");
  const eventId = retry ?? skip;
  if (eventId !== undefined) return retrySetAside({ eventId, skip: skip !== undefined }, deps);
  const { position: start } = await deps.events.cursor("relay");
  const goal = await deps.events.lastPosition();
  const report = await relay(deps, ({ position }) =>
    progress(position - start, Math.max(0, goal - start)),
  );
  if (reindex) report.applied += await reindexAll(progress, deps);
  await rebuildHome(deps, { force: true });
  return report;
}

/** Writes all pages again; gives how many. */
async function reindexAll(progress: RelayRequest["progress"], deps: RelayDeps): Promise<number> {
  let done = 0;
  let after: string | undefined;
  for (;;) {
    const ids = await deps.publications.ids({ limit: BATCH, after });
    if (ids.length === 0) return done;
    const pages = await deps.publications.pagesOf(ids);
    await projectPublications(pages, deps, { rebuild: true });
    done += ids.length;
    after = ids.at(-1);
    progress(done, done);
  }
}
