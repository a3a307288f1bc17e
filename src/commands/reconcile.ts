import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import type { Difference } from "../domain/reconciliation.ts";
import { MktError } from "../errors.ts";
import { type Reconciliation, reconcile } from "../operations/reconcile.ts";
import { renderValue } from "../output/formats.ts";
import { progressBar } from "../output/progress.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import { examples, time } from "./parse.ts";

const columns: readonly Column<Difference>[] = [
  { key: "kind", header: "KIND", value: ({ kind }) => kind },
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "ours", header: "OURS", value: ({ ours }) => ours },
  { key: "theirs", header: "THEIRS", value: ({ theirs }) => theirs },
  { key: "action", header: "ACTION", value: ({ action }) => action },
  { key: "after", header: "AFTER", value: ({ after }) => after },
  { key: "reason", header: "REASON", value: ({ reason }) => reason },
];

export function registerReconcile(program: Command, mkt: Context): void {
  withColumns(program.command("reconcile"), columns)
    .summary("finish what is unsettled by asking the providers")
    .description(
      "Ask the providers how payments, refunds and shipments stand, show every difference and settle it. Exit 6 when a provider was away, 9 when about a difference nothing was possible. For operators and support.",
    )
    .option(
      "--since <time>",
      "ask about what looks settled from then on, too (default: 7 days)",
      time,
    )
    .option("--dry-run", "only show the differences")
    .addHelpText(
      "after",
      examples(
        "mkt reconcile",
        "mkt reconcile --dry-run --json",
        "mkt reconcile --since 2026-11-01 -o ndjson",
      ),
    )
    .action(async ({ since, dryRun }) => {
      const actor = await mkt.actor("reconcile");
      const bar = progressBar({
        stream: mkt.streams.stderr,
        terminal: mkt.messages,
        label: "asking",
        total: 0,
      });
      const out = writerOf(mkt, dryRun === true);
      const differences = reconcile(
        {
          actor,
          since,
          dryRun,
          stopping: mkt.stopping(),
          progress: (kind, done, total) => bar.update(done, { total, label: `asking, ${kind}s` }),
        },
        mkt.deps(),
      );
      try {
        let next = await differences.next();
        for (; !next.done; next = await differences.next()) out.difference(next.value);
        out.end(next.value);
        complain(next.value);
      } finally {
        bar.done();
      }
    });
}

/** How differences are written as they come: JSON item by item, so that no number of them fills the memory. */
function writerOf(mkt: Context, dryRun: boolean) {
  const { stdout } = mkt.streams;
  const format = mkt.format();
  const json = (value: unknown) => renderValue("ndjson", value).trimEnd();
  const inner = (value: unknown) => renderValue("json", value).trimEnd().slice(1, -2);
  let count = 0;
  if (format === "json") {
    stdout.write('{\n  "items": [');
    return {
      difference: (one: Difference) => {
        stdout.write(`${count === 0 ? "" : ","}\n    ${json(one)}`);
        count += 1;
      },
      end: (result: Reconciliation) =>
        void stdout.write(`${count === 0 ? "" : "\n  "}],${inner(result)}\n}\n`),
    };
  }
  if (format === "ndjson") {
    return {
      difference: (one: Difference) => void stdout.write(renderValue("ndjson", one)),
      end: (result: Reconciliation) => mkt.notice(summary(result)),
    };
  }
  if (format === "table" || format === "wide") {
    return {
      difference: (one: Difference) => mkt.print(one, () => line(one, dryRun)),
      end: (result: Reconciliation) => mkt.print(result, summary),
    };
  }
  const items: Difference[] = [];
  return {
    difference: (one: Difference) => void items.push(one),
    end: (result: Reconciliation) => mkt.printList({ ...result, items }, columns),
  };
}

function line({ kind, id, orderId, ours, theirs, ...rest }: Difference, dryRun: boolean): string {
  const { action, after, reason } = rest;
  const of = orderId ? ` of order ${orderId}` : "";
  const done = dryRun ? `would be: ${action}` : after ? `${action}, now ${after}` : action;
  return `${kind} ${id}${of}: ours ${ours}, theirs ${theirs}; ${done}${reason ? ` (${reason})` : ""}`;
}

function summary({ checked, differences, failed, since }: Reconciliation): string {
  const { payment, refund, shipment, webhook, event } = checked;
  const things = [
    counted(payment, "payment"),
    counted(refund, "refund"),
    counted(shipment, "shipment"),
    counted(webhook, "webhook"),
    `${counted(event, "event")} of payments that never came`,
  ];
  const found = differences === 0 ? "no differences" : counted(differences, "difference");
  const open = failed > 0 ? `, ${failed} of them open` : "";
  return `Checked ${things.join(", ")} (settled ones since ${since}): ${found}${open}`;
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What was not checked and what stays open are errors, after everything was shown. */
function complain({ checked, notChecked, unavailable, failed, stopped }: Reconciliation): void {
  const listed = (counts: Record<string, number>) =>
    Object.entries(counts)
      .filter(([kind, count]) => count > 0 && kind !== "event")
      .map(([kind, count]) => counted(count, kind));
  if (stopped) {
    const done = listed(checked).join(", ") || "nothing";
    throw new MktError("interrupted", `stopped after ${done}`, {
      hint: "mkt reconcile begins again; what is settled stays so",
    });
  }
  if (unavailable.length > 0) {
    const events = notChecked.event > 0 ? ["events that never came"] : [];
    const left = [...listed(notChecked), ...events].join(", ");
    throw new MktError("unavailable", `${unavailable.join("; ")}; not checked: ${left}`, {
      hint: "mkt reconcile, when it is back",
    });
  }
  if (failed > 0) {
    throw new MktError(
      "check_failed",
      `${counted(failed, "difference")} stay open: nothing was possible`,
      {
        hint: "mkt reconcile --dry-run --json shows each with its reason",
      },
    );
  }
}
