import type { Exception } from "./exceptions.ts";

const PAID = "payment approve, order approve_payment, shipment create";
const SCANNED = "shipment scan, order hand_over";
const NOT_DELIVERED = "shipment scan, shipment fail_delivery, order hand_over, order fail_delivery";

/** A provider says how a thing stands, not what happened: what we missed is walked, row by row. */
export const CAUGHT_UP: readonly Exception[] = [
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
