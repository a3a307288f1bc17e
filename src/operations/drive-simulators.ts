import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { type Faults, faultsSchema, NO_FAULTS } from "../providers/simulator/faults.ts";

type SimulatorDeps = Pick<Deps, "simulators">;

export type FaultChanges = { [Name in keyof Faults]?: Faults[Name] | undefined };

/** How the simulated providers stand. */
export interface SimulatorReport {
  /** The simulators' time, and how far it is ahead of real time, in milliseconds. */
  now: string;
  offsetMs: number;
  faults: Faults;
  /** How many things stand in a state, such as `payment.approved` or `event.lost`, for each provider. */
  counts: Record<"payments" | "shipping", Record<string, number>>;
}

/** Clock, faults and things of the simulated providers; for operators, on the local profile. */
export async function showSimulators(
  { actor }: { actor: Actor },
  { simulators }: SimulatorDeps,
): Promise<SimulatorReport> {
  requireStaff(actor, "operator");
  const { payments, shipping } = await simulators.show();
  const { now, offsetMs, faults } = payments;
  return {
    now,
    offsetMs,
    faults,
    counts: { payments: payments.counts, shipping: shipping.counts },
  };
}

/** Sets some faults and leaves the others; their counting starts anew, so that a seed replays. */
export async function setFaults(
  { actor, changes }: { actor: Actor; changes: FaultChanges },
  deps: SimulatorDeps,
): Promise<SimulatorReport> {
  requireStaff(actor, "operator");
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    throw new MktError("usage", "nothing to set", {
      hint: "mkt simulator set --seed 7 --duplicate 0.2",
    });
  }
  const faults = { ...(await deps.simulators.faults()), ...Object.fromEntries(given) };
  const checked = faultsSchema.safeParse(faults);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new MktError("invalid", `${issue?.path.join(".")}: ${issue?.message}`);
  }
  await deps.simulators.setFaults(checked.data);
  return showSimulators({ actor }, deps);
}

/** Turns all faults off. The clock stays: it never goes back. */
export async function resetFaults(
  { actor }: { actor: Actor },
  deps: SimulatorDeps,
): Promise<SimulatorReport> {
  requireStaff(actor, "operator");
  await deps.simulators.setFaults(NO_FAULTS);
  return showSimulators({ actor }, deps);
}
