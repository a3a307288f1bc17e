import { type Actor, requireStaff } from "../../domain/actor.ts";
import type { Fault, LawName } from "../../domain/law.ts";
import { type CheckReport, checkLaws } from "./doctor.ts";
import { type RepairDeps, type Repaired, repairFaults } from "./repair.ts";

export interface ExamineRequest {
  actor: Actor;
  /** Only these; all when empty. */
  laws: readonly LawName[];
  /** So many faults are kept, and can be repaired at once. */
  limit: number;
  /** Asked before anything is repaired, with what would be; undefined: nothing is. */
  approve: ((plan: readonly Fault[]) => Promise<boolean>) | undefined;
  stopping: AbortSignal;
  /** Told of every fault as it is found, unless it may be repaired. */
  onFault?: (fault: Fault) => void;
  progress: (label: string, done: number, total: number) => void;
}

export interface Examination extends CheckReport {
  /** The first of those that are wrong now. */
  faults: Fault[];
  repaired: Repaired[];
}

/** Checks the laws, repairs what is safe if that is approved, and then checks all of them once more. */
export async function examine(
  { actor, laws, limit, approve, stopping, onFault, progress }: ExamineRequest,
  deps: RepairDeps,
): Promise<Examination> {
  if (approve) requireStaff(actor, "operator");
  const check = async () => {
    const faults: Fault[] = [];
    const report = await checkLaws(
      {
        actor,
        laws,
        stopping,
        onFault: (fault) => {
          if (faults.length < limit) faults.push(fault);
          if (!approve) onFault?.(fault);
        },
        progress: (label, done) => progress(label, done, 0),
      },
      deps,
    );
    const order = report.laws.map(({ law }) => law);
    faults.sort((a, b) => order.indexOf(a.law) - order.indexOf(b.law));
    return { ...report, faults };
  };
  const found = await check();
  const plan = planOf(found.faults);
  if (!approve || plan.length === 0 || !(await approve(plan))) return { ...found, repaired: [] };
  const repaired = await repairFaults(
    {
      actor,
      faults: plan,
      stopping,
      progress: (done, total) => progress("repairing", done, total),
    },
    deps,
  );
  return { ...(await check()), repaired };
}

/** What is to be done, each thing once: a page that breaks two laws is written once. */
function planOf(faults: readonly Fault[]): Fault[] {
  const plan = new Map<string, Fault>();
  for (const fault of faults) {
    const step = `${fault.repair} ${fault.id} ${JSON.stringify(fault.postings)}`;
    if (fault.repair !== null && !plan.has(step)) plan.set(step, fault);
  }
  return [...plan.values()];
}
