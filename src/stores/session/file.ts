import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import type { Profile } from "../../config.ts";

const sessionSchema = z.object({
  token: z.string().min(20),
  userId: z.string(),
  email: z.string(),
  expiresAt: z.string(),
});
const fileSchema = sessionSchema.extend({ binding: z.string() });

type SavedSession = z.infer<typeof sessionSchema>;
export type SessionFile = ReturnType<typeof sessionFile>;

/** The session of this terminal's user: one file of mode 0600, good for one profile and endpoint only. */
export const sessionFile = (path: string, profile: Profile) => {
  const { name, aurora } = profile;
  const endpoint = [name, aurora.host, aurora.port, aurora.database].join("\n");
  const binding = createHash("sha256").update(endpoint).digest("hex");
  return {
    /** Nothing when nobody is logged in, or the file belongs to another endpoint. */
    read: async (): Promise<SavedSession | undefined> => {
      try {
        const saved = fileSchema.parse(JSON.parse(await readFile(path, "utf8")));
        return saved.binding === binding ? saved : undefined;
      } catch {
        return undefined;
      }
    },

    write: async (session: SavedSession): Promise<void> => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${randomBytes(6).toString("hex")}`;
      await writeFile(draft, `${JSON.stringify({ ...session, binding })}\n`, { mode: 0o600 });
      await rename(draft, path);
    },

    clear: (): Promise<void> => rm(path, { force: true }),
  };
};
