import { type ExpressionBuilder, sql } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { StaffRole } from "../../domain/actor.ts";
import type { User } from "../../domain/user.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { violates } from "./errors.ts";
import { record, recordAudit } from "./log.ts";
import { closePublicationsOf } from "./publication-rows.ts";
import type { Database } from "./schema.ts";

export interface NewUser {
  id: string;
  email: string;
  emailFolded: string;
  name: string;
  address: string;
  region?: string | null;
  passwordHash: string;
  createdAt: string;
}

export type UserStore = ReturnType<typeof userStore>;

const columns = ["id", "email", "name", "address", "region", "bannedAt", "createdAt"] as const;

/** Sessions are of the world's time, whatever the marketplace's clock shows. */
const realTime = sql<string>`clock_timestamp()`;

const rolesOf = (eb: ExpressionBuilder<Database, "user">) =>
  jsonArrayFrom(
    eb.selectFrom("userRole").select("role").whereRef("userId", "=", "user.id").orderBy("role"),
  ).as("roleRows");

const toUser = ({
  roleRows,
  ...row
}: Omit<User, "roles"> & { roleRows: { role: StaffRole }[] }): User => ({
  ...row,
  roles: roleRows.map(({ role }) => role),
});

/** Users, their passwords' hashes and their staff roles. */
export const userStore = (db: Aurora) => ({
  /** Signs a user up, with staff roles if given. Throws `conflict` when the e-mail is taken. */
  register: (user: NewUser, actor: string, roles: readonly StaffRole[] = []): Promise<void> =>
    transact(db, async (tx) => {
      try {
        await tx.insertInto("user").values(user).execute();
      } catch (error) {
        if (!violates(error, "user_email_folded_key")) throw error;
        throw new MktError("conflict", `${user.email} is already registered`, {
          hint: "log in with `mkt login`, or register another e-mail",
        });
      }
      for (const role of roles) await insertRole(tx, user.id, role, null, user.createdAt);
      const { email, name, address } = user;
      await record(tx, [
        {
          type: "user.registered",
          subjectKind: "user",
          subjectId: user.id,
          revision: 1,
          actor,
          at: user.createdAt,
          data: { banned: false },
          personal: { email, name, address },
        },
      ]);
    }),

  /** The user with this folded e-mail and the hash to verify; nothing when there is none. */
  findCredentials: (emailFolded: string) =>
    query(() =>
      db
        .selectFrom("user")
        .select(["id", "email", "passwordHash", "bannedAt"])
        .where("emailFolded", "=", emailFolded)
        .executeTakeFirst(),
    ),

  find: (by: { id: string } | { emailFolded: string }): Promise<User | undefined> =>
    query(async () => {
      const users = db.selectFrom("user").select(columns).select(rolesOf);
      const row = await ("id" in by
        ? users.where("id", "=", by.id)
        : users.where("emailFolded", "=", by.emailFolded)
      ).executeTakeFirst();
      return row && toUser(row);
    }),

  /** Users in the order they signed up, after an id. */
  list: ({
    limit,
    after,
    role,
  }: {
    limit: number;
    after?: string | undefined;
    role?: StaffRole | undefined;
  }): Promise<User[]> =>
    query(async () => {
      let users = db.selectFrom("user").select(columns).select(rolesOf).orderBy("id").limit(limit);
      if (after) users = users.where("id", ">", after);
      if (role) {
        users = users.where((eb) =>
          eb.exists(
            eb
              .selectFrom("userRole")
              .whereRef("userId", "=", "user.id")
              .where("role", "=", role)
              .select("role"),
          ),
        );
      }
      return (await users.execute()).map(toUser);
    }),

  /** Replaces the password's hash and ends every session but one. */
  setPassword: (
    id: string,
    passwordHash: string,
    keepTokenHash: Buffer | null,
    at: string,
  ): Promise<void> =>
    transact(db, async (tx) => {
      await tx.updateTable("user").set({ passwordHash }).where("id", "=", id).execute();
      let sessions = tx
        .updateTable("session")
        .set({ endedAt: realTime })
        .where("userId", "=", id)
        .where("endedAt", "is", null);
      if (keepTokenHash) sessions = sessions.where("tokenHash", "!=", keepTokenHash);
      await sessions.execute();
      await recordAudit(tx, {
        actorId: id,
        action: "user.passwd",
        subjectKind: "user",
        subjectId: id,
        at,
      });
    }),

  grant: (id: string, role: StaffRole, grantedBy: string, at: string): Promise<void> =>
    transact(db, async (tx) => {
      await insertRole(tx, id, role, grantedBy, at);
      await recordAudit(tx, {
        actorId: grantedBy,
        action: "user.grant",
        subjectKind: "user",
        subjectId: id,
        detail: { role },
        at,
      });
    }),

  /** Takes a role back. Refuses to leave the marketplace without an operator who can log in. */
  revoke: (id: string, role: StaffRole, revokedBy: string, at: string): Promise<void> =>
    transact(db, async (tx) => {
      if (role === "operator") {
        const operators = await tx
          .selectFrom("userRole")
          .select("userId")
          .where("role", "=", role)
          .where((eb) =>
            eb.exists(
              eb
                .selectFrom("user")
                .select("user.id")
                .whereRef("user.id", "=", "userRole.userId")
                .where("user.bannedAt", "is", null),
            ),
          )
          .orderBy("userId")
          .forUpdate()
          .execute();
        if (operators.length === 1 && operators[0]?.userId === id) {
          throw new MktError("conflict", "this is the last operator", {
            hint: "grant the role to somebody else first",
          });
        }
      }
      await tx.deleteFrom("userRole").where("userId", "=", id).where("role", "=", role).execute();
      await recordAudit(tx, {
        actorId: revokedBy,
        action: "user.revoke",
        subjectKind: "user",
        subjectId: id,
        detail: { role },
        at,
      });
    }),

  /** Bans a user: sessions end and publications close, in one transaction. */
  ban: (id: string, by: { id: string; name: string }, reason: string, at: string): Promise<void> =>
    transact(db, async (tx) => {
      const changed = await setBan(tx, id, at);
      if (changed === null) return;
      await tx
        .updateTable("session")
        .set({ endedAt: realTime })
        .where("userId", "=", id)
        .where("endedAt", "is", null)
        .execute();
      await closePublicationsOf(tx, id, by.name, at);
      await recordBan(tx, id, changed, true, by, reason, at);
    }),

  /** Lifts a ban. What it closed stays closed. */
  unban: (
    id: string,
    by: { id: string; name: string },
    reason: string,
    at: string,
  ): Promise<void> =>
    transact(db, async (tx) => {
      const changed = await setBan(tx, id, null);
      if (changed !== null) await recordBan(tx, id, changed, false, by, reason, at);
    }),
});

async function insertRole(
  tx: AuroraTransaction,
  userId: string,
  role: StaffRole,
  grantedBy: string | null,
  grantedAt: string,
) {
  const row = { userId, role, grantedBy, grantedAt };
  await tx
    .insertInto("userRole")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Sets or lifts the ban; gives the new revision, or null when it already was so. */
async function setBan(
  tx: AuroraTransaction,
  id: string,
  bannedAt: string | null,
): Promise<number | null> {
  const row = await tx
    .updateTable("user")
    .set((eb) => ({ bannedAt, revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .where("bannedAt", bannedAt === null ? "is not" : "is", null)
    .returning("revision")
    .executeTakeFirst();
  return row?.revision ?? null;
}

async function recordBan(
  tx: AuroraTransaction,
  id: string,
  revision: number,
  banned: boolean,
  by: { id: string; name: string },
  reason: string,
  at: string,
) {
  const type = banned ? "user.banned" : "user.unbanned";
  await record(tx, [
    { type, subjectKind: "user", subjectId: id, revision, actor: by.name, at, data: { banned } },
  ]);
  await recordAudit(tx, {
    actorId: by.id,
    action: banned ? "user.ban" : "user.unban",
    subjectKind: "user",
    subjectId: id,
    detail: { reason },
    at,
  });
}
