import type { Deps } from "../../deps.ts";
import { type Actor, actorName, requireStaff } from "../../domain/actor.ts";
import type { Fault, RepairName } from "../../domain/law.ts";
import { MktError } from "../../errors.ts";
import { copyQuestions } from "../copy-questions.ts";
import { projectPublications } from "../project-publication.ts";
import { actOnWebhook, type WebhookDeps } from "../receive-webhook.ts";
import { settleRefunds } from "../settle-payment.ts";
import type { CheckupDeps } from "./checkup.ts";
import { uncounted } from "./posting-laws.ts";

export type RepairDeps = CheckupDeps &
  WebhookDeps &
  Pick<Deps, "orderTimers" | "publications" | "vocabulary" | "questions" | "events">;

/** What became of one fault of the plan. */
export interface Repaired {
  law: Fault["law"];
  kind: string;
  id: string;
  repair: RepairName;
  /** Why it could not be done; null when it was. */
  problem: string | null;
}

type Repair = (fault: Fault, deps: RepairDeps, actor: Actor) => Promise<string | undefined>;

// Each is the operation that does it in every day's work, or deletes what Aurora's rows bring back.
const REPAIRS: Readonly<Record<RepairName, Repair>> = {
  "expire-reservation": async ({ id }, { orderTimers, now }) =>
    (await orderTimers.expire(id, now())) ? undefined : "it may not expire any more",
  "request-refund": async ({ id }, deps, actor) => {
    const paymentId = await deps.laws.requestRefundAgain(id, actorName(actor), deps.now());
    if (paymentId) await settleRefunds(paymentId, deps);
    return undefined;
  },
  "send-refund": async ({ id }, deps) => {
    const paymentId = await deps.laws.paymentOf(id);
    if (paymentId) await settleRefunds(paymentId, deps);
    return undefined;
  },
  "act-on-webhook": async ({ id }, deps) => {
    const webhook = await deps.webhooks.find(id);
    return webhook && actOnWebhook(webhook, deps);
  },
  "rewrite-page": async ({ id }, deps) => {
    const [page] = await deps.publications.pagesOf([id]);
    if (!page) return "it has no row";
    const stored = await deps.pages.get(id);
    // Nothing older overwrites it, and no row says what it says.
    if (stored && stored.revision > page.revision)
      await deps.inspection.removePage(id, stored.revision);
    await projectPublications([page], deps, { rebuild: true });
    return undefined;
  },
  "remove-page": async ({ id }, deps) => {
    const stored = await deps.pages.get(id);
    if (stored) await deps.inspection.removePage(id, stored.revision);
    return undefined;
  },
  "remove-postings": async ({ postings = [] }, deps) => {
    // A page that was written since, by another repair too, counts some of them again.
    await deps.postings.remove(await uncounted(postings, deps));
    return undefined;
  },
  "copy-questions": async (_, deps) => {
    await copyQuestions(deps);
    return undefined;
  },
};

/**
 * Mends what can be mended without anybody's decision, one fault after the other; what cannot be mended now
 * holds up no other. For operators. Throws `interrupted` between two of them when it is stopped.
 */
export async function repairFaults(
  {
    actor,
    faults,
    stopping,
    progress,
  }: {
    actor: Actor;
    faults: readonly Fault[];
    stopping: AbortSignal;
    progress: (done: number, total: number) => void;
  },
  deps: RepairDeps,
): Promise<Repaired[]> {
  requireStaff(actor, "operator");
  const repaired: Repaired[] = [];
  for (const fault of faults) {
    const { law, kind, id, repair } = fault;
    if (repair === null) continue;
    if (stopping.aborted) {
      throw new MktError("interrupted", `stopped after ${repaired.length} repairs`, {
        hint: "mkt doctor --repair goes on",
      });
    }
    const problem = await attempt(REPAIRS[repair](fault, deps, actor));
    await deps.laws.recordRepair({ law, kind, id, repair }, actor, deps.now());
    repaired.push({ law, kind, id, repair, problem: problem ?? null });
    progress(repaired.length, faults.length);
  }
  return repaired;
}

async function attempt(work: Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof MktError) return error.message;
    throw error;
  }
}
