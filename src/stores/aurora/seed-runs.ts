import { type Aurora, query } from "./client.ts";

export type SeedRunStore = ReturnType<typeof seedRunStore>;

/** A world that was seeded, or is being. */
export interface SeedRun {
  run: string;
  parameters: Record<string, unknown>;
  actorId: string;
  state: "writing" | "written" | "leaving";
  createdAt: string;
  changedAt: string;
}

const columns = ["run", "parameters", "actorId", "state", "createdAt", "changedAt"] as const;

/** Which worlds were seeded. What takes one away is in unseed.ts. */
export const seedRunStore = (db: Aurora) => ({
  /** Begins a run; gives the one that is there already where it is. */
  begin: (run: {
    run: string;
    parameters: Record<string, unknown>;
    actorId: string;
    createdAt: string;
  }): Promise<SeedRun> =>
    query(async () => {
      const parameters = JSON.stringify(run.parameters);
      await db
        .insertInto("seedRun")
        .values({ ...run, parameters, state: "writing", changedAt: run.createdAt })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return db
        .selectFrom("seedRun")
        .select(columns)
        .where("run", "=", run.run)
        .executeTakeFirstOrThrow();
    }),

  find: (run: string): Promise<SeedRun | undefined> =>
    query(() => db.selectFrom("seedRun").select(columns).where("run", "=", run).executeTakeFirst()),

  /** All of it is in Aurora. */
  finish: (run: string, at: string): Promise<void> =>
    query(async () => {
      await db
        .updateTable("seedRun")
        .set({ state: "written", changedAt: at })
        .where("run", "=", run)
        .where("state", "=", "writing")
        .execute();
    }),

  list: (): Promise<SeedRun[]> =>
    query(() => db.selectFrom("seedRun").select(columns).orderBy("createdAt").execute()),
});
