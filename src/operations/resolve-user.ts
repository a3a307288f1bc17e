import type { Deps } from "../deps.ts";
import { foldEmail, type User } from "../domain/user.ts";
import { MktError } from "../errors.ts";

/** Finds a user by e-mail or by the beginning of an id. Throws `not_found`. */
export async function resolveUser(
  text: string,
  { users, lookup }: Pick<Deps, "users" | "lookup">,
): Promise<User> {
  const user = text.includes("@")
    ? await users.find({ emailFolded: foldEmail(text) })
    : await users.find({ id: await lookup.resolve("user", text) });
  if (user) return user;
  throw new MktError("not_found", `there is no user ${JSON.stringify(text)}`, {
    hint: "mkt user list shows who there is; mkt register makes a new one",
  });
}
