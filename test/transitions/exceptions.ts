import type { Machine } from "../../src/domain/transitions.ts";
import type { Way } from "./causes.ts";
import { nameOf } from "./trials.ts";

/** Trials whose event has no row in the table and that are not refused all the same, or change something. */
interface Exception {
  machine: Machine;
  states: readonly string[];
  events: readonly string[];
  way: Way;
  /** What comes of them, as `laboratory` says it; `nothing` is an operation that may be repeated. */
  outcome: string;
  why: string;
}

const PAID = "payment approve, order approve_payment, shipment create";
const SCANNED = "shipment scan, order hand_over";
const NOT_DELIVERED = "shipment scan, shipment fail_delivery, order hand_over, order fail_delivery";
const NEW_PARCEL = "shipment create, shipment prepare, shipment label";

/** Who repeats an operation gets what is there already. */
const REPEATED: readonly Exception[] = [
  {
    machine: "order",
    states: [
      ...["reserved", "paid", "shipped", "not_delivered", "delivered", "completed"],
      ...["disputed", "refunded", "cancelled", "expired"],
    ],
    events: ["place"],
    way: "people",
    outcome: "nothing",
    why: "the same key is the same purchase",
  },
  {
    machine: "order",
    states: ["cancelled"],
    events: ["cancel"],
    way: "people",
    outcome: "nothing",
    why: "cancelling again only requests again what could not be refunded",
  },
  {
    machine: "order",
    states: ["shipped", "delivered", "completed", "disputed", "refunded"],
    events: ["hand_over", "send_again"],
    way: "people",
    outcome: "nothing",
    why: "a parcel that is on its way, or arrived, is sent once",
  },
  {
    machine: "order",
    states: ["paid"],
    events: ["send_again"],
    way: "people",
    outcome: "nothing",
    why: "its label is bought once",
  },
  {
    machine: "payment",
    states: ["in_process", "authorized", "approved"],
    events: ["create"],
    way: "people",
    outcome: "nothing",
    why: "a payment that is open is taken up again",
  },
  {
    machine: "payment",
    states: ["approved", "partially_refunded", "in_mediation", "charged_back"],
    events: ["approve"],
    way: "confirm",
    outcome: "nothing",
    why: "its second step was passed",
  },
  {
    machine: "payment",
    states: ["approved"],
    events: ["approve"],
    way: "capture",
    outcome: "nothing",
    why: "it is captured",
  },
  {
    machine: "shipment",
    states: ["ready_to_ship", "shipped", "delivered"],
    events: ["create", "prepare", "send_again"],
    way: "people",
    outcome: "nothing",
    why: "it has its label",
  },
  {
    machine: "shipment",
    states: ["shipped", "delivered"],
    events: ["scan"],
    way: "people",
    outcome: "nothing",
    why: "it was handed over",
  },
  {
    machine: "shipment",
    states: ["cancelled"],
    events: ["cancel"],
    way: "people",
    outcome: "nothing",
    why: "its order was cancelled",
  },
  {
    machine: "question",
    states: ["deleted"],
    events: ["delete"],
    way: "people",
    outcome: "nothing",
    why: "whoever repeats the same change after a lost answer succeeds",
  },
  {
    machine: "question",
    states: ["closed_unanswered"],
    events: ["close"],
    way: "people",
    outcome: "nothing",
    why: "the same",
  },
];

/** One operation asks for what the thing needs next, whatever the table calls it there. */
const LED_ON: readonly Exception[] = [
  {
    machine: "order",
    states: ["not_delivered"],
    events: ["hand_over"],
    way: "people",
    outcome: "shipment send_again, order send_again",
    why: "mkt ship sends it again",
  },
  {
    machine: "order",
    states: ["completed", "disputed"],
    events: ["complete"],
    way: "people",
    outcome: "writes publication, review, event",
    why: "a review counts after that too; the order stays",
  },
  {
    machine: "payment",
    states: ["created"],
    events: ["create"],
    way: "people",
    outcome: "payment process",
    why: "it is taken up again, and the provider hears of it only now",
  },
  {
    machine: "shipment",
    states: ["pending"],
    events: ["create", "send_again"],
    way: "people",
    outcome: "shipment prepare, shipment label",
    why: "mkt ship buys its label",
  },
  {
    machine: "shipment",
    states: ["pending"],
    events: ["scan"],
    way: "people",
    outcome: `shipment prepare, shipment label, ${SCANNED}`,
    why: "mkt ship --handed-over buys its label first",
  },
  {
    machine: "shipment",
    states: ["handling"],
    events: ["create", "prepare", "send_again"],
    way: "people",
    outcome: "shipment label",
    why: "mkt ship buys its label",
  },
  {
    machine: "shipment",
    states: ["handling"],
    events: ["scan"],
    way: "people",
    outcome: `shipment label, ${SCANNED}`,
    why: "mkt ship --handed-over buys its label first",
  },
  {
    machine: "shipment",
    states: ["not_delivered"],
    events: ["create", "prepare", "scan"],
    way: "people",
    outcome: "shipment send_again, order send_again",
    why: "mkt ship sends it again",
  },
  {
    machine: "shipment",
    states: ["lost", "returned"],
    events: ["create", "prepare", "send_again"],
    way: "people",
    outcome: NEW_PARCEL,
    why: "another parcel is made; this one stays as it is",
  },
  {
    machine: "shipment",
    states: ["lost", "returned"],
    events: ["scan"],
    way: "people",
    outcome: `${NEW_PARCEL}, shipment scan, order send_again`,
    why: "another parcel is made and handed over; this one stays as it is",
  },
];

/** A provider says how a thing stands, not what happened: what we missed is walked, row by row. */
const CAUGHT_UP: readonly Exception[] = [
  {
    machine: "order",
    states: ["reserved"],
    events: ["dispute"],
    way: "provider",
    outcome: "payment approve, payment charge_back, order approve_payment, shipment create",
    why: "the bank took back what we had not heard was paid; a paid order is cancelled, not disputed",
  },
  {
    machine: "order",
    states: ["paid", "disputed"],
    events: ["dispute"],
    way: "provider",
    outcome: "payment charge_back",
    why: "the payment is taken back, the order is flagged and stays",
  },
  {
    machine: "order",
    states: ["expired"],
    events: ["approve_payment"],
    way: "provider",
    outcome: "payment approve_late, refund request",
    why: "the money came too late and is given back; the order stays",
  },
  {
    machine: "order",
    states: ["expired"],
    events: ["dispute"],
    way: "provider",
    outcome: "payment approve_late, payment charge_back, refund request",
    why: "the money came too late and was taken back; the order stays",
  },
  {
    machine: "order",
    states: ["paid"],
    events: ["send_again"],
    way: "provider",
    outcome: SCANNED,
    why: "the carrier only says that it is on its way: that is its first time",
  },
  {
    machine: "order",
    states: ["not_delivered"],
    events: ["hand_over"],
    way: "provider",
    outcome: "shipment send_again, order send_again",
    why: "the carrier only says that it is on its way: that is not its first time",
  },
  {
    machine: "order",
    states: ["paid"],
    events: ["fail_delivery"],
    way: "provider",
    outcome: NOT_DELIVERED,
    why: "it was handed over without our hearing of it",
  },
  {
    machine: "payment",
    states: ["created", "in_process", "authorized"],
    events: ["approve_late", "win_mediation", "win_chargeback"],
    way: "provider",
    outcome: PAID,
    why: "the provider only says that it is approved: that is in time",
  },
  ...(["mediate", "charge_back"] as const).map(
    (event): Exception => ({
      machine: "payment",
      states: ["created", "in_process", "authorized"],
      events: [event],
      way: "provider",
      outcome: `payment approve, payment ${event}, order approve_payment, shipment create`,
      why: "it was approved without our hearing of it",
    }),
  ),
  {
    machine: "payment",
    states: ["rejected", "cancelled"],
    events: ["approve", "win_mediation", "win_chargeback"],
    way: "provider",
    outcome: "payment approve_late, refund request",
    why: "the provider only says that it is approved: that is too late",
  },
  ...(["mediate", "charge_back"] as const).map(
    (event): Exception => ({
      machine: "payment",
      states: ["rejected", "cancelled"],
      events: [event],
      way: "provider",
      outcome: `payment approve_late, payment ${event}, refund request`,
      why: "it was approved too late, without our hearing of it",
    }),
  ),
  {
    machine: "payment",
    states: ["approved"],
    events: ["win_chargeback"],
    way: "provider",
    outcome: "payment charge_back, payment win_chargeback, dispute open, order dispute",
    why: "the bank took it back and gave it back without our hearing of either",
  },
  {
    machine: "payment",
    states: ["partially_refunded"],
    events: ["win_chargeback"],
    way: "provider",
    outcome:
      "payment charge_back, payment win_chargeback, payment refund_part, dispute open, order dispute",
    why: "the same, and what was refunded before counts again",
  },
  {
    machine: "payment",
    states: ["in_mediation"],
    events: ["approve", "approve_late", "win_chargeback"],
    way: "provider",
    outcome: "payment win_mediation",
    why: "the provider only says that it is approved: the mediation is won",
  },
  {
    machine: "payment",
    states: ["charged_back"],
    events: ["refund", "refund_part"],
    way: "provider",
    outcome: "refund succeed",
    why: "a refund under way arrived all the same; the payment stays with the bank",
  },
  ...(["succeed", "fail"] as const).map(
    (event): Exception => ({
      machine: "refund",
      states: ["requested"],
      events: [event],
      way: "provider",
      outcome: [
        "refund accept",
        `refund ${event}`,
        ...(event === "succeed" ? ["payment refund"] : []),
      ].join(", "),
      why: "it was accepted without our hearing of it",
    }),
  ),
  ...(["handling", "ready_to_ship"] as const).flatMap((state): Exception[] => {
    const [label, why] =
      state === "handling"
        ? ["shipment label, ", "its label was bought without our hearing of it"]
        : ["", "it was handed over without our hearing of it"];
    const heard = { machine: "shipment", states: [state], way: "provider", why } as const;
    const after = "order hand_over, order fail_delivery";
    const failed = `${label}shipment scan, shipment fail_delivery`;
    return [
      {
        ...heard,
        events: state === "handling" ? ["scan", "send_again"] : ["send_again"],
        outcome: `${label}${SCANNED}`,
      },
      {
        ...heard,
        events: ["deliver"],
        outcome: `${label}shipment scan, shipment deliver, order hand_over, order deliver`,
      },
      { ...heard, events: ["fail_delivery"], outcome: `${failed}, ${after}` },
      { ...heard, events: ["return"], outcome: `${failed}, shipment return, ${after}` },
      {
        ...heard,
        events: ["lose"],
        outcome: `${label}shipment scan, shipment lose, ${after}`,
      },
    ];
  }),
  {
    machine: "shipment",
    states: ["shipped"],
    events: ["return"],
    way: "provider",
    outcome: "shipment fail_delivery, shipment return, order fail_delivery",
    why: "it was not delivered without our hearing of it",
  },
  {
    machine: "shipment",
    states: ["not_delivered"],
    events: ["scan"],
    way: "provider",
    outcome: "shipment send_again, order send_again",
    why: "the carrier only says that it is on its way: that is not its first time",
  },
  {
    machine: "shipment",
    states: ["not_delivered"],
    events: ["lose"],
    way: "provider",
    outcome: "shipment send_again, shipment lose, order send_again, order fail_delivery",
    why: "only what is on its way is lost: it was sent again without our hearing of it",
  },
  {
    machine: "dispute",
    states: ["open", "dismissed", "partially_refunded", "refunded"],
    events: ["open"],
    way: "provider",
    outcome: "payment charge_back",
    why: "the payment is taken back; the order is disputed already, or not any more",
  },
];

/** Everything that is allowed by hand, by the name of the trial. A trial that is listed twice is a mistake. */
export function exceptions(): Map<string, string> {
  const byName = new Map<string, string>();
  for (const { machine, states, events, way, outcome } of [...REPEATED, ...LED_ON, ...CAUGHT_UP]) {
    for (const state of states) {
      for (const event of events) {
        const name = nameOf({ machine, state, event, way });
        if (byName.has(name)) throw new Error(`${name} is listed twice`);
        byName.set(name, outcome);
      }
    }
  }
  return byName;
}
