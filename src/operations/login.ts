import { randomBytes } from "node:crypto";
import { verify } from "@node-rs/argon2";
import type { Deps } from "../deps.ts";
import { foldEmail } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import { hashToken } from "./authenticate.ts";
import { hashPassword } from "./register.ts";

export interface Session {
  userId: string;
  email: string;
  expiresAt: string;
}

const SESSION_DAYS = 30;

/**
 * Opens a session and keeps its token in the session file. Whether the e-mail or the password is wrong
 * cannot be told, neither from the message nor from the time it takes.
 */
export async function login(
  { email, password }: { email: string; password: string },
  deps: Pick<Deps, "users" | "sessions" | "sessionFile" | "now" | "realNow">,
): Promise<Session> {
  const emailFolded = foldEmail(email);
  const found = await deps.users.findCredentials(emailFolded);
  const passwordHash = found?.passwordHash ?? (await nobodysHash());
  const matches = await verify(passwordHash, password.normalize("NFC"));
  if (!found || !matches) {
    await deps.sessions.recordRefused(emailFolded, found?.id ?? null, deps.now());
    throw new MktError("not_allowed", "the e-mail or the password is wrong");
  }
  if (found.bannedAt) {
    await deps.sessions.recordRefused(emailFolded, found.id, deps.now());
    throw new MktError("not_allowed", `${found.email} is banned`);
  }
  return openSession({ id: found.id, email: found.email }, deps);
}

/** Opens a session for a user who is known already, and ends the one that was open here. */
export async function openSession(
  user: { id: string; email: string },
  { sessions, sessionFile, realNow }: Pick<Deps, "sessions" | "sessionFile" | "realNow">,
): Promise<Session> {
  const token = randomBytes(32).toString("base64url");
  const before = await sessionFile.read();
  const createdAt = realNow();
  const expiresAt = new Date(Date.parse(createdAt) + SESSION_DAYS * 86_400_000).toISOString();
  await sessions.open({ tokenHash: hashToken(token), userId: user.id, createdAt, expiresAt });
  await sessionFile.write({ token, userId: user.id, email: user.email, expiresAt });
  if (before) await sessions.end(hashToken(before.token), createdAt);
  return { userId: user.id, email: user.email, expiresAt };
}

let hashed: Promise<string> | undefined;
/** A hash that no password matches, so that an unknown e-mail takes as long as a wrong password. */
function nobodysHash(): Promise<string> {
  hashed ??= hashPassword(randomBytes(32).toString("hex"));
  return hashed;
}
