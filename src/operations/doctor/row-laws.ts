import type { LawName } from "../../domain/law.ts";
import type { LawSubject, LawTimes } from "../../stores/aurora/laws.ts";
import { BATCH, type Checkup, type CheckupDeps } from "./checkup.ts";

const LABELS: Readonly<Record<LawSubject, string>> = {
  publication: "checking publications",
  order: "checking orders",
  payment: "checking payments",
  refund: "checking refunds",
  shipment: "checking shipments",
  dispute: "checking disputes",
  event: "checking events",
  position: "checking positions",
  webhook: "checking webhooks",
};

/** The laws of Aurora's rows alone: goes through all things of each kind, batch by batch. */
export async function checkRows(
  laws: readonly LawName[],
  times: LawTimes,
  checkup: Checkup,
  { laws: store }: Pick<CheckupDeps, "laws">,
): Promise<void> {
  for (const subject of await store.subjects(laws)) {
    const own = await store.lawsOf(subject, laws);
    let after: string | undefined;
    for (;;) {
      checkup.step(LABELS[subject], 0);
      const range = await store.nextRange(subject, after, BATCH);
      if (!range) break;
      checkup.found(await store.faults(laws, range, times));
      for (const law of own) checkup.count(law, range.count);
      checkup.step(LABELS[subject], range.count);
      after = range.last;
    }
  }
}
