import { hash } from "@node-rs/argon2";
import type { Deps } from "../deps.ts";
import { newId } from "../domain/ids.ts";
import { checkPassword, checkText, foldEmail, type User } from "../domain/user.ts";

export interface Registration {
  email: string;
  name: string;
  address: string;
  password: string;
}

// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The argon2id hash that a password is kept as. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFC"), ARGON2ID);
}

/** Signs a user up. Throws `invalid` for what cannot be, `conflict` when the e-mail is taken. */
export async function register(
  { email, name, address, password }: Registration,
  { users, now, marketClock }: Pick<Deps, "users" | "now" | "marketClock">,
): Promise<User> {
  const emailFolded = foldEmail(email);
  checkPassword(password, emailFolded);
  // Nothing was read from Aurora yet, the marketplace's time neither.
  await marketClock.refresh();
  const user = {
    id: newId(),
    email: email.trim(),
    emailFolded,
    name: checkText("name", name, 120),
    address: checkText("address", address, 400),
    passwordHash: await hashPassword(password),
    createdAt: now(),
  };
  await users.register(user, `user:${user.id}`);
  const { id, createdAt } = user;
  return {
    id,
    email: user.email,
    name: user.name,
    address: user.address,
    roles: [],
    bannedAt: null,
    createdAt,
  };
}
