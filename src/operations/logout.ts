import type { Deps } from "../deps.ts";
import { hashToken } from "./authenticate.ts";

/** Ends the session here and in Aurora; says whether there was one. */
export async function logout({
  sessions,
  sessionFile,
  realNow,
}: Pick<Deps, "sessions" | "sessionFile" | "realNow">): Promise<boolean> {
  const session = await sessionFile.read();
  if (!session) return false;
  await sessions.end(hashToken(session.token), realNow());
  await sessionFile.clear();
  return true;
}
