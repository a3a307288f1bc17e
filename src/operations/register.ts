import { hash } from "@node-rs/argon2";
import type { Deps } from "../deps.ts";
import { newId } from "../domain/ids.ts";
import { checkRegion } from "../domain/region.ts";
import { checkPassword, checkText, foldEmail, type User } from "../domain/user.ts";

export interface Registration {
  email: string;
  name: string;
  address: string;
  /** State or province. */
  region?: string;
  password: string;
}

// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The argon2id hash that a password is kept as. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize("NFC"), ARGON2ID);
}

/**
 * Signs a user up. Throws `invalid` for what cannot be, `conflict` when the e-mail is taken. An `id` makes it
 * repeatable: with `again` the user with this id is the one that it made before.
 */
export async function register(
  { id = newId(), again = false, ...registration }: Registration & { id?: string; again?: boolean },
  { users, now, marketClock }: Pick<Deps, "users" | "now" | "marketClock">,
): Promise<User> {
  const checked = checkRegistration(registration);
  const before = again ? await users.find({ id }) : undefined;
  if (before) return before;
  // Nothing was read from Aurora yet, the marketplace's time neither.
  await marketClock.refresh();
  const passwordHash = await hashPassword(registration.password);
  const createdAt = now();
  await users.register({ id, ...checked, passwordHash, createdAt }, `user:${id}`);
  const { email, name, address, region } = checked;
  return { id, email, name, address, region, roles: [], bannedAt: null, createdAt };
}

/** Throws what `register` would throw. */
export async function planRegistration(
  registration: Registration,
  { now, rehearse }: Pick<Deps, "now" | "rehearse">,
): Promise<void> {
  const id = newId();
  const user = { id, ...checkRegistration(registration), passwordHash: "-", createdAt: now() };
  await rehearse(({ users }) => users.register(user, `user:${id}`));
}

function checkRegistration({ email, name, address, region, password }: Registration) {
  const emailFolded = foldEmail(email);
  checkPassword(password, emailFolded);
  return {
    email: email.trim(),
    emailFolded,
    name: checkText("name", name, 120),
    address: checkText("address", address, 400),
    region: region === undefined ? null : checkRegion(region),
  };
}
