import { MktError } from "../errors.ts";

/** Who can cause a transition. `timer` is the worker, `provider` a payment or shipping provider. */
export type TransitionActor = "buyer" | "seller" | "staff" | "provider" | "timer";

export interface Transition {
  machine: Machine;
  /** Null: the thing is made in this state. */
  from: string | null;
  event: string;
  to: string;
  actors: readonly TransitionActor[];
  /** What must also hold, in words. */
  guard?: string;
  /** When the worker does it by itself, in words. */
  timer?: string;
  /** The command that causes it; without one only a provider or the clock does. */
  command?: string;
}

export type Machine =
  | "publication"
  | "order"
  | "payment"
  | "refund"
  | "shipment"
  | "dispute"
  | "question";

const rows = (
  machine: Machine,
  event: string,
  from: readonly (string | null)[],
  to: string,
  actors: readonly TransitionActor[],
  more: Pick<Transition, "guard" | "timer" | "command"> = {},
): Transition[] => from.map((state) => ({ machine, from: state, event, to, actors, ...more }));

const anyone = ["buyer", "seller", "staff"] as const;
const parties = ["seller", "staff"] as const;

/**
 * Every transition there is. The code, the documentation and the tests read this table; a pair of
 * state and event that is not in it is refused.
 */
export const TRANSITIONS: readonly Transition[] = [
  ...rows("publication", "publish", [null], "active", parties, { command: "mkt publish" }),
  ...rows("publication", "pause", ["active"], "paused", parties, {
    command: "mkt publication pause PUBLICATION",
  }),
  ...rows("publication", "resume", ["paused"], "active", parties, {
    command: "mkt publication resume PUBLICATION",
  }),
  ...rows("publication", "close", ["active", "paused"], "closed", parties, {
    command: "mkt publication close PUBLICATION",
  }),

  ...rows("order", "place", [null], "reserved", ["buyer"], {
    guard: "every line in stock",
    command: "mkt buy PUBLICATION",
  }),
  ...rows("order", "approve_payment", ["reserved"], "paid", ["provider"], {
    guard: "its payment is approved",
    command: "mkt pay ORDER",
  }),
  ...rows("order", "expire", ["reserved"], "expired", ["timer"], {
    guard: "no open payment",
    timer: "15 minutes after it was placed",
  }),
  ...rows("order", "cancel", ["reserved", "paid"], "cancelled", anyone, {
    guard: "the carrier has not scanned it",
    command: "mkt order cancel ORDER",
  }),
  ...rows("order", "miss_dispatch", ["paid"], "cancelled", ["timer"], {
    guard: "nothing dispatched",
    timer: "7 days after it was paid",
  }),
  ...rows("order", "hand_over", ["paid"], "shipped", ["seller", "staff", "provider"], {
    guard: "it has a label",
    command: "mkt ship ORDER --handed-over",
  }),
  ...rows("order", "deliver", ["paid", "shipped", "not_delivered"], "delivered", ["provider"]),
  ...rows("order", "fail_delivery", ["shipped"], "not_delivered", ["provider", "timer"], {
    timer: "21 days after the estimate",
  }),
  ...rows("order", "send_again", ["not_delivered"], "shipped", ["seller", "staff", "provider"], {
    command: "mkt ship ORDER",
  }),
  ...rows("order", "complete", ["delivered"], "completed", ["buyer", "timer"], {
    guard: "every line reviewed as conforming",
    timer: "14 days after delivery without a dispute",
    command: "mkt review ORDER --conforms",
  }),
  ...rows(
    "order",
    "dispute",
    ["shipped", "not_delivered", "delivered", "completed"],
    "disputed",
    ["buyer", "staff", "provider"],
    {
      guard: "a completed order within 30 days of delivery",
      command: "mkt dispute open ORDER",
    },
  ),
  ...rows("order", "dismiss_dispute", ["disputed"], "completed", ["staff"], {
    command: "mkt dispute resolve ORDER --dismiss",
  }),
  ...rows("order", "settle_dispute", ["disputed"], "completed", ["staff"], {
    guard: "a part is refunded",
    command: "mkt dispute resolve ORDER --refund --amount AMOUNT",
  }),
  ...rows("order", "refund", ["disputed"], "refunded", ["staff"], {
    guard: "all that is left is refunded",
    command: "mkt dispute resolve ORDER --refund",
  }),
  ...rows("order", "refund", ["not_delivered", "delivered", "completed"], "refunded", ["staff"], {
    guard: "all that is left is refunded",
    command: "mkt payment refund PAYMENT",
  }),

  ...rows("payment", "create", [null], "created", ["buyer"], {
    guard: "no other open payment",
    command: "mkt pay ORDER",
  }),
  ...rows("payment", "process", ["created"], "in_process", ["provider"]),
  ...rows("payment", "authorize", ["created", "in_process"], "authorized", ["provider"], {
    command: "mkt pay ORDER --authorize",
  }),
  ...rows("payment", "approve", ["created", "in_process"], "approved", ["provider"], {
    command: "mkt payment confirm PAYMENT",
  }),
  ...rows("payment", "approve", ["authorized"], "approved", ["provider"], {
    command: "mkt payment capture PAYMENT",
  }),
  ...rows("payment", "reject", ["created", "in_process"], "rejected", ["provider"]),
  ...rows(
    "payment",
    "cancel",
    ["created", "in_process", "authorized"],
    "cancelled",
    [...anyone, "provider", "timer"],
    {
      timer: "at its deadline: the provider's, else 1 hour after it was made",
      command: "mkt order cancel ORDER",
    },
  ),
  ...rows("payment", "approve_late", ["rejected", "cancelled"], "approved", ["provider"], {
    guard: "the provider took the money after all: all of it is refunded",
  }),
  ...rows(
    "payment",
    "refund_part",
    ["approved", "partially_refunded", "in_mediation"],
    "partially_refunded",
    ["provider"],
    { guard: "a refund succeeded", command: "mkt payment refund PAYMENT --amount AMOUNT" },
  ),
  ...rows(
    "payment",
    "refund",
    ["approved", "partially_refunded", "in_mediation"],
    "refunded",
    ["provider"],
    { guard: "refunds of the whole amount succeeded", command: "mkt payment refund PAYMENT" },
  ),
  ...rows("payment", "mediate", ["approved", "partially_refunded"], "in_mediation", ["provider"]),
  ...rows("payment", "win_mediation", ["in_mediation"], "approved", ["provider"]),
  ...rows(
    "payment",
    "charge_back",
    ["approved", "partially_refunded", "in_mediation"],
    "charged_back",
    ["provider"],
  ),
  ...rows("payment", "win_chargeback", ["charged_back"], "approved", ["provider"]),

  ...rows("refund", "request", [null, "failed"], "requested", [...anyone, "provider", "timer"], {
    guard: "all refunds together are no more than was captured",
    command: "mkt payment refund PAYMENT",
  }),
  ...rows("refund", "accept", ["requested"], "pending", ["provider"]),
  ...rows("refund", "succeed", ["pending"], "succeeded", ["provider"]),
  ...rows("refund", "fail", ["pending"], "failed", ["provider"]),

  ...rows("shipment", "create", [null], "pending", ["seller", "staff", "provider"], {
    guard: "its order is paid, or its parcel was lost or came back",
    command: "mkt ship ORDER",
  }),
  ...rows("shipment", "prepare", ["pending"], "handling", parties, { command: "mkt ship ORDER" }),
  ...rows("shipment", "label", ["handling"], "ready_to_ship", ["provider"], {
    command: "mkt ship ORDER",
  }),
  ...rows("shipment", "scan", ["ready_to_ship"], "shipped", ["seller", "staff", "provider"], {
    command: "mkt ship ORDER --handed-over",
  }),
  ...rows("shipment", "deliver", ["shipped", "not_delivered"], "delivered", ["provider"]),
  ...rows("shipment", "fail_delivery", ["shipped"], "not_delivered", ["provider"]),
  ...rows("shipment", "lose", ["shipped"], "lost", ["provider"]),
  ...rows("shipment", "send_again", ["not_delivered"], "shipped", ["seller", "staff", "provider"], {
    command: "mkt ship ORDER",
  }),
  ...rows("shipment", "return", ["not_delivered"], "returned", ["provider"]),
  ...rows(
    "shipment",
    "cancel",
    ["pending", "handling", "ready_to_ship"],
    "cancelled",
    [...anyone, "provider", "timer"],
    { command: "mkt order cancel ORDER" },
  ),

  ...rows("dispute", "open", [null], "open", ["buyer", "staff", "provider"], {
    guard: "no other open dispute of its order",
    command: "mkt dispute open ORDER",
  }),
  ...rows("dispute", "dismiss", ["open"], "dismissed", ["staff"], {
    command: "mkt dispute resolve ORDER --dismiss",
  }),
  ...rows("dispute", "refund_part", ["open"], "partially_refunded", ["staff"], {
    command: "mkt dispute resolve ORDER --refund --amount AMOUNT",
  }),
  ...rows("dispute", "refund", ["open"], "refunded", ["staff"], {
    command: "mkt dispute resolve ORDER --refund",
  }),

  ...rows("question", "ask", [null], "unanswered", ["buyer"], { command: "mkt ask PUBLICATION" }),
  ...rows("question", "answer", ["unanswered"], "answered", parties, {
    command: "mkt answer QUESTION",
  }),
  ...rows("question", "delete", ["unanswered"], "deleted", anyone, {
    command: "mkt question delete QUESTION",
  }),
  ...rows("question", "close", ["unanswered"], "closed_unanswered", ["seller", "staff"], {
    guard: "its publication closed",
    command: "mkt publication close PUBLICATION",
  }),
];

/** Every state that a machine can be in. */
export function statesOf(machine: Machine): string[] {
  return [...new Set(TRANSITIONS.filter((row) => row.machine === machine).map(({ to }) => to))];
}

/** The row for this event in this state, or nothing when the table has none. */
export function findTransition(
  machine: Machine,
  from: string | null,
  event: string,
): Transition | undefined {
  return TRANSITIONS.find(
    (row) => row.machine === machine && row.from === from && row.event === event,
  );
}

/** The state that follows; refused with `illegal_transition` when the table has no such row. */
export function nextState(machine: Machine, id: string, from: string, event: string): string {
  const row = findTransition(machine, from, event);
  if (row) return row.to;
  const possible = TRANSITIONS.filter((other) => other.machine === machine && other.from === from);
  const events = possible.map((other) => other.event).join(", ");
  throw new MktError(
    "illegal_transition",
    `${machine} ${id} is ${from}: ${event.replaceAll("_", " ")} is not possible`,
    { hint: events ? `possible from here: ${events}` : `${from} is final` },
  );
}

/**
 * The shortest way from one state to another by events of the provider, so that a message that comes
 * late, or first, is applied by legal steps. Empty when there is nothing to do, null when no way leads there.
 */
export function providerPath(machine: Machine, from: string, to: string): Transition[] | null {
  if (from === to) return [];
  const seen = new Set([from]);
  let ways: { state: string; steps: Transition[] }[] = [{ state: from, steps: [] }];
  while (ways.length > 0) {
    const longer: typeof ways = [];
    for (const { state, steps } of ways) {
      for (const row of TRANSITIONS) {
        if (row.machine !== machine || row.from !== state || seen.has(row.to)) continue;
        if (!row.actors.includes("provider")) continue;
        const way = { state: row.to, steps: [...steps, row] };
        if (row.to === to) return way.steps;
        seen.add(row.to);
        longer.push(way);
      }
    }
    ways = longer;
  }
  return null;
}
