import type { Deps } from "../deps.ts";
import { isStaff } from "../domain/actor.ts";
import { ORDER_READERS } from "../domain/order.ts";
import type { Offered } from "../stores/aurora/lookup.ts";
import { hashToken } from "./authenticate.ts";
import { resolveUser } from "./resolve-user.ts";

/** What a word on the command line can stand for: a thing, or somebody by e-mail. */
export type Completable = Offered | "user";

export interface Completion {
  value: string;
  description: string;
}

const OFFERED_LIMIT = 50;

/**
 * What could stand where somebody has typed the beginning of an id or an e-mail: the newest that the
 * logged-in user may see, or for an operator those of the user named by `--as`. Nothing without a login.
 * Nobody acts yet, so nothing is written to the audit log.
 */
export async function completeId(
  want: { kinds: readonly Completable[]; typed: string; as: string | undefined },
  deps: Pick<Deps, "sessionFile" | "sessions" | "users" | "lookup" | "realNow">,
): Promise<Completion[]> {
  const session = await deps.sessionFile.read();
  const actor =
    session && (await deps.sessions.findActor(hashToken(session.token), deps.realNow()));
  if (!actor) return [];
  const all = isStaff(actor, ...ORDER_READERS);
  const acting = want.as !== undefined && isStaff(actor, "operator");
  const other = acting ? await resolveUser(want.as ?? "", deps) : undefined;
  const partyId = other?.id ?? (all ? undefined : actor.userId);
  const found = await Promise.all(
    want.kinds.map(async (kind): Promise<Completion[]> => {
      if (kind === "user") {
        const userId = isStaff(actor, "operator", "support") ? undefined : actor.userId;
        const users = await deps.lookup.newestUsers(want.typed, { userId, limit: OFFERED_LIMIT });
        return users.map(({ email, name }) => ({ value: email, description: name }));
      }
      const things = await deps.lookup.newest(kind, want.typed, { partyId, limit: OFFERED_LIMIT });
      return things.map(({ id, state }) => ({
        value: id,
        description: `${kind}, ${state.replaceAll("_", " ")}`,
      }));
    }),
  );
  return found.flat().slice(0, OFFERED_LIMIT);
}
