import type { Actor, StaffRole } from "../../domain/actor.ts";
import { type Aurora, query, transact } from "./client.ts";
import { recordAudit } from "./log.ts";

export type SessionStore = ReturnType<typeof sessionStore>;

/** Sessions, found by the hash of their token. */
export const sessionStore = (db: Aurora) => ({
  open: (session: {
    tokenHash: Buffer;
    userId: string;
    createdAt: string;
    expiresAt: string;
  }): Promise<void> =>
    query(async () => {
      await db.insertInto("session").values(session).execute();
    }),

  /** Whose session this is and what they may do; nothing when it ended, expired, or its user is banned. */
  findActor: (tokenHash: Buffer, now: string): Promise<Actor | undefined> =>
    query(async () => {
      const rows = await db
        .selectFrom("session")
        .innerJoin("user", "user.id", "session.userId")
        .leftJoin("userRole", "userRole.userId", "user.id")
        .select(["user.id as userId", "userRole.role"])
        .where("session.tokenHash", "=", tokenHash)
        .where("session.endedAt", "is", null)
        .where("session.expiresAt", ">", now)
        .where("user.bannedAt", "is", null)
        .execute();
      const [first] = rows;
      if (!first) return undefined;
      const roles = rows.map(({ role }) => role).filter((role): role is StaffRole => role !== null);
      return { userId: first.userId, roles, operatorId: null };
    }),

  end: (tokenHash: Buffer, at: string): Promise<void> =>
    query(async () => {
      await db
        .updateTable("session")
        .set({ endedAt: at })
        .where("tokenHash", "=", tokenHash)
        .where("endedAt", "is", null)
        .execute();
    }),

  /** Keeps a refused log-in, for whoever looks into it later. */
  recordRefused: (emailFolded: string, userId: string | null, at: string): Promise<void> =>
    transact(db, (tx) =>
      recordAudit(tx, {
        actorId: null,
        action: "session.refused",
        ...(userId
          ? { subjectKind: "user", subjectId: userId }
          : { detail: { email: emailFolded } }),
        at,
      }),
    ),

  /** Keeps that an operator acts for a user. */
  recordActingFor: (
    operatorId: string,
    userId: string,
    action: string,
    reason: string | null,
    at: string,
  ): Promise<void> =>
    transact(db, (tx) =>
      recordAudit(tx, {
        actorId: operatorId,
        onBehalfOf: userId,
        action,
        detail: reason ? { reason } : {},
        at,
      }),
    ),
});
