import { verify } from "@node-rs/argon2";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { checkPassword, foldEmail } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import { hashToken } from "./authenticate.ts";
import { hashPassword } from "./register.ts";

/** Changes one's own password; every other session of the user ends. */
export async function changePassword(
  { actor, current, next }: { actor: Actor; current: string; next: string },
  deps: Pick<Deps, "users" | "sessionFile" | "now">,
): Promise<void> {
  const user = await deps.users.find({ id: actor.userId });
  const emailFolded = foldEmail(user?.email ?? "");
  const credentials = await deps.users.findCredentials(emailFolded);
  if (!credentials || !(await verify(credentials.passwordHash, current.normalize("NFC")))) {
    throw new MktError("not_allowed", "the current password is wrong");
  }
  checkPassword(next, emailFolded);
  const session = await deps.sessionFile.read();
  const keep = session?.userId === actor.userId ? hashToken(session.token) : null;
  await deps.users.setPassword(actor.userId, await hashPassword(next), keep, deps.now());
}
