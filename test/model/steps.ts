import fc from "fast-check";

/** One thing that somebody does, the provider does, or the clock does. Numbers choose among what there is. */
export type Step =
  | { kind: "buy"; buyer: number; publication: number; quantity: number }
  | { kind: "pay"; order: number; card: (typeof CARDS)[number]; authorize: boolean }
  | { kind: "confirm" | "capture"; order: number }
  | { kind: "provider-payment"; order: number; act: (typeof PAYMENT_ACTS)[number] }
  | { kind: "provider-shipment"; order: number; act: (typeof SHIPMENT_ACTS)[number] }
  | { kind: "payment-webhook" | "shipment-webhook"; order: number }
  | { kind: "cancel"; order: number; by: (typeof PARTIES)[number] }
  | { kind: "ship"; order: number; handedOver: boolean }
  | { kind: "restock"; order: number }
  | { kind: "review"; order: number; conforms: boolean }
  | { kind: "dispute"; order: number; received: boolean }
  | { kind: "resolve"; order: number; how: "refund" | "part" | "dismiss" }
  | { kind: "refund"; order: number; whole: boolean }
  | { kind: "publication"; publication: number; event: "pause" | "resume" | "close" }
  | { kind: "advance"; minutes: number }
  | { kind: "reconcile" };

const CARDS = [
  "tok_approved",
  "tok_declined",
  "tok_second_step",
  "tok_ticket",
  "nonsense",
] as const;
const PAYMENT_ACTS = ["approve", "reject", "charge back", "win", "lose"] as const;
const SHIPMENT_ACTS = ["scan", "deliver", "fail", "lose", "return"] as const;
const PARTIES = ["buyer", "seller", "staff"] as const;
const DAY = 24 * 60;

const order = fc.nat({ max: 3 });
const publication = fc.nat({ max: 2 });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("buy" as const),
      buyer: fc.nat({ max: 1 }),
      publication,
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("pay" as const),
      order,
      card: fc.oneof(
        { weight: 6, arbitrary: fc.constant(CARDS[0]) },
        { weight: 4, arbitrary: fc.constantFrom(...CARDS) },
      ),
      authorize: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("confirm" as const, "capture" as const), order }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("provider-payment" as const),
      order,
      act: fc.oneof(
        { weight: 4, arbitrary: fc.constant(PAYMENT_ACTS[0]) },
        { weight: 3, arbitrary: fc.constantFrom(...PAYMENT_ACTS) },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("provider-shipment" as const),
      order,
      act: fc.constantFrom(...SHIPMENT_ACTS),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constantFrom("payment-webhook" as const, "shipment-webhook" as const),
      order,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("cancel" as const),
      order,
      by: fc.constantFrom(...PARTIES),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant("ship" as const), order, handedOver: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restock" as const), order }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("review" as const), order, conforms: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("dispute" as const), order, received: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("resolve" as const),
      order,
      how: fc.constantFrom("refund" as const, "part" as const, "dismiss" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("refund" as const), order, whole: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("publication" as const),
      publication,
      event: fc.constantFrom("pause" as const, "resume" as const, "close" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      minutes: fc.constantFrom(1, 16, 70, 4 * DAY, 8 * DAY, 15 * DAY, 31 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reconcile" as const) }) },
);

const newest = 0;
/** A sale that goes well so far, or a parcel that arrives: random steps alone seldom come to what follows. */
const passage = fc.oneof(
  fc
    .record({ buyer: fc.nat({ max: 1 }), publication, quantity: fc.integer({ min: 1, max: 2 }) })
    .map((bought): Step[] => [
      { kind: "buy", ...bought },
      { kind: "pay", order: newest, card: "tok_approved", authorize: false },
      { kind: "provider-payment", order: newest, act: "approve" },
      { kind: "payment-webhook", order: newest },
    ]),
  fc
    .record({
      order: fc.nat({ max: 2 }),
      act: fc.constantFrom(
        "deliver" as const,
        "deliver" as const,
        "fail" as const,
        "lose" as const,
      ),
    })
    .map(({ order: carried, act }): Step[] => [
      { kind: "ship", order: carried, handedOver: false },
      { kind: "provider-shipment", order: carried, act },
      { kind: "shipment-webhook", order: carried },
    ]),
);

const LENGTH_LIMIT = 100;

/** Sequences of up to 100 steps. */
export const sequences: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: step.map((one): Step[] => [one]) },
      { weight: 1, arbitrary: passage },
    ),
    { minLength: 1, maxLength: LENGTH_LIMIT, size: "max" },
  )
  .map((passages) => passages.flat().slice(0, LENGTH_LIMIT));
