import type { Deps } from "../../deps.ts";
import type { Fault, LawName } from "../../domain/law.ts";
import { MktError } from "../../errors.ts";

export type CheckupDeps = Pick<
  Deps,
  "laws" | "pages" | "postings" | "inspection" | "objects" | "now" | "realNow"
>;

/** What was looked at for one law. */
export interface LawReport {
  law: LawName;
  checked: number;
  wrong: number;
  /** Not judged: its events wait to be applied. */
  pending: number;
}

/** One examination: which laws, what was found so far, and whom to tell. */
export interface Checkup {
  has(law: LawName): boolean;
  count(law: LawName, things: number, pending?: number): void;
  found(faults: readonly Fault[]): void;
  /** Tells how far it is; throws `interrupted` when it is to stop. Called between any two batches. */
  step(label: string, things: number): void;
}

/** Things that a batch holds: few enough for one statement, enough for few statements. */
export const BATCH = 2_000;

/** Begins an examination of these laws. Faults are told one by one; only counts are kept. */
export function beginCheckup(
  laws: readonly LawName[],
  {
    stopping,
    onFault,
    progress,
  }: {
    stopping: AbortSignal;
    onFault: (fault: Fault) => void;
    progress: (label: string, done: number) => void;
  },
): { checkup: Checkup; reports: () => LawReport[] } {
  const reports = new Map<LawName, LawReport>(
    laws.map((law) => [law, { law, checked: 0, wrong: 0, pending: 0 }]),
  );
  let phase = { label: "", done: 0 };
  const checkup: Checkup = {
    has: (law) => reports.has(law),
    count: (law, things, pending = 0) => {
      const report = reports.get(law);
      if (!report) return;
      report.checked += things;
      report.pending += pending;
    },
    found: (faults) => {
      for (const fault of faults) {
        const report = reports.get(fault.law);
        if (!report) continue;
        report.wrong += 1;
        onFault(fault);
      }
    },
    step: (label, things) => {
      if (stopping.aborted) throw new MktError("interrupted", "the check was stopped");
      phase = { label, done: (phase.label === label ? phase.done : 0) + things };
      progress(phase.label, phase.done);
    },
  };
  return { checkup, reports: () => [...reports.values()] };
}
