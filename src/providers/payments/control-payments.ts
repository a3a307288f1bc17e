import type { Hono } from "hono";
import * as z from "zod";
import { readBody, refusal } from "../simulator/app.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerPayment } from "./next-step.ts";
import { providerPaymentSchema, REJECTIONS } from "./provider.ts";

type Verb = "approve" | "reject" | "chargeback" | "win-chargeback" | "lose-chargeback" | "mediate";

interface Control {
  /** From which payments it leads on; to one that is where it leads it does nothing. */
  from: (payment: LedgerPayment) => boolean;
  to: (payment: LedgerPayment) => Partial<LedgerPayment>;
}

const inState =
  (...states: LedgerPayment["state"][]) =>
  ({ state }: LedgerPayment) =>
    states.includes(state);
const isHeld = ({ capturedMinor, refundedMinor }: LedgerPayment) => capturedMinor > refundedMinor;
const isOpenChargeback = ({ state, chargeback }: LedgerPayment) =>
  state === "charged_back" && chargeback === "open";

/** What other people do at the provider. An approval also comes to what was given up: nobody wanted it. */
const CONTROLS: Record<Verb, Control> = {
  approve: {
    from: inState("in_process", "authorized", "rejected", "cancelled", "in_mediation"),
    to: ({ amountMinor }) => ({ state: "approved", capturedMinor: amountMinor }),
  },
  reject: {
    from: inState("in_process"),
    to: () => ({ state: "rejected", reason: "card_declined" }),
  },
  mediate: {
    from: (payment) => payment.state === "approved" && isHeld(payment),
    to: () => ({ state: "in_mediation" }),
  },
  chargeback: {
    from: (payment) => inState("approved", "in_mediation")(payment) && isHeld(payment),
    to: () => ({ state: "charged_back", chargeback: "open" }),
  },
  "win-chargeback": {
    from: isOpenChargeback,
    to: () => ({ state: "approved", chargeback: "won" }),
  },
  "lose-chargeback": { from: isOpenChargeback, to: () => ({ chargeback: "lost" }) },
};

const controlBody = z.object({ reason: z.enum(REJECTIONS).optional() });

/** The routes by which a test, or `mkt trigger`, does what a bank, a buyer or a mediator would do. */
export function installPaymentControls(app: Hono, ledger: Ledger): void {
  for (const [verb, { from, to }] of Object.entries(CONTROLS)) {
    app.post(`/control/payments/:id/${verb}`, async (c) => {
      const { reason } = await readBody(c, controlBody);
      const found = ledger.payment(c.req.param("id"));
      const wanted = { ...to(found), ...(reason !== undefined && { reason }) };
      if (isThere(found, to(found))) return c.json(providerPaymentSchema.parse(found));
      if (!from(found)) {
        throw refusal(409, "illegal_state", `the payment is ${found.state}: no ${verb} from there`);
      }
      return c.json(providerPaymentSchema.parse(ledger.change(found, wanted)));
    });
  }
}

function isThere(payment: LedgerPayment, wanted: Partial<LedgerPayment>): boolean {
  const { state = payment.state, chargeback = payment.chargeback } = wanted;
  return payment.state === state && payment.chargeback === chargeback;
}
