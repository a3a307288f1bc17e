/** A step that a shipment took here. */
export interface OurStep {
  event: string;
  from: string | null;
  to: string;
  actor: string;
  at: string;
}

/** A reading of the parcel by its carrier. */
export interface TheirScan {
  state: string;
  description: string;
  place: string;
  at: string;
}

/** One moment in both histories; a step that both tell at the same time stands in one row. */
export interface HistoryRow {
  at: string;
  ours: OurStep | null;
  theirs: TheirScan | null;
  /** One of them tells what the other should, and does not. */
  differs: boolean;
}

export interface HistoryDifference {
  kind: "not_followed" | "not_scanned" | "state" | "estimate";
  /** When it happened; null of how things stand now. */
  at: string | null;
  text: string;
}

interface Standing {
  state: string;
  estimatedDeliveryAt: string | null;
}

/** States that the carrier's scans lead to: each scan has a step here, and each such step a scan. */
const SCANNED_STATES = ["shipped", "delivered", "not_delivered", "lost", "returned"];

/**
 * Both histories of a parcel in order of time. The how-manieth scan of a state belongs to the how-manieth
 * step into it, whenever that was taken: a seller may have handed the parcel over before its first scan.
 */
export function sideBySide(ours: readonly OurStep[], theirs: readonly TheirScan[]): HistoryRow[] {
  const rows: HistoryRow[] = [];
  const open = [...ours];
  for (const scan of theirs) {
    const index = open.findIndex(({ to }) => to === scan.state && SCANNED_STATES.includes(to));
    const [step] = index < 0 ? [] : open.splice(index, 1);
    const differs = !step && SCANNED_STATES.includes(scan.state);
    const isSameTime = step?.at === scan.at;
    rows.push({ at: scan.at, ours: isSameTime ? step : null, theirs: scan, differs });
    if (step && !isSameTime) rows.push({ at: step.at, ours: step, theirs: null, differs: false });
  }
  for (const step of open) {
    const differs = SCANNED_STATES.includes(step.to);
    rows.push({ at: step.at, ours: step, theirs: null, differs });
  }
  return rows.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** In what our history of a parcel is not the carrier's. */
export function differencesOf(
  ours: Standing & { steps: readonly OurStep[] },
  theirs: Standing & { scans: readonly TheirScan[] },
): HistoryDifference[] {
  const words = (state: string) => state.replaceAll("_", " ");
  const differences: HistoryDifference[] = [];
  for (const row of sideBySide(ours.steps, theirs.scans).filter(({ differs }) => differs)) {
    if (row.theirs) {
      const text = `the carrier's scan ${words(row.theirs.state)} moved nothing here`;
      differences.push({ kind: "not_followed", at: row.at, text });
    } else if (row.ours) {
      const text = `${words(row.ours.to)} here by ${row.ours.actor}, without a scan of the carrier`;
      differences.push({ kind: "not_scanned", at: row.at, text });
    }
  }
  if (ours.state !== theirs.state) {
    const text = `it is ${words(ours.state)} here and ${words(theirs.state)} at the carrier`;
    differences.push({ kind: "state", at: null, text });
  }
  if (ours.estimatedDeliveryAt !== theirs.estimatedDeliveryAt) {
    const expected = (at: string | null) => at ?? "no time";
    const text = `it is expected ${expected(ours.estimatedDeliveryAt)} here and ${expected(theirs.estimatedDeliveryAt)} by the carrier`;
    differences.push({ kind: "estimate", at: null, text });
  }
  return differences;
}
