import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "vitest";
import { cardOf } from "../payments/cards.ts";
import { openLedger, refundSchema } from "../payments/ledger.ts";
import { paymentSchema } from "../payments/next-step.ts";
import { openCarrier } from "../shipping/carrier.ts";
import { shipmentSchema } from "../shipping/itinerary.ts";
import { startClock } from "./clock.ts";
import { openJournal } from "./journal.ts";
import { simulatorSchemas } from "./simulator.ts";

const schemas = {
  payment: paymentSchema,
  refund: refundSchema,
  shipment: shipmentSchema,
  ...simulatorSchemas,
};
const idempotency = { key: "k", requestDigest: "d" };

/** What a simulator is built from, with a real journal and a clock that only the test puts forward. */
async function workshop(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "mkt-timers-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  const journal = await openJournal(join(directory, "journal.ndjson"), schemas);
  t.onTestFinished(() => journal.close());
  const clock = startClock(() => new Date("2026-01-02T03:04:05.000Z"), 0);
  t.onTestFinished(() => clock.close());
  const announced: string[] = [];
  return {
    announced,
    /** Lets everything that was ever scheduled go off. */
    elapse: () => clock.advance(365 * 86_400_000),
    tables: journal.tables,
    timers: clock,
    now: clock.now,
    happens: () => false,
    remember: journal.write,
    announce(change: Parameters<typeof journal.write>[0], told: { object: string; state: string }) {
      journal.write(change);
      announced.push(`${told.object}.${told.state}`);
    },
  };
}

test("a charge that was cancelled in time stays cancelled when its time comes", async (t) => {
  const parts = await workshop(t);
  const ledger = openLedger(parts, 10);
  const card = cardOf("tok_approved");
  if (!card) throw new Error("no such card");
  const charge = { amountMinor: 5, currency: "ARS", reference: "order-1", capture: true, card };
  const { id } = ledger.charge(charge, idempotency).payment;
  ledger.cancel(id);
  parts.elapse();
  t.expect(ledger.payment(id)).toMatchObject({ state: "cancelled", capturedMinor: 0 });
  t.expect(parts.announced).toEqual(["payment.cancelled"]);
});

test("a voided label's parcel is never scanned", async (t) => {
  const parts = await workshop(t);
  const carrier = openCarrier(parts, { pickupMs: 10, deliveryMs: 10 });
  const order = { reference: "order-1", address: "Elsewhere 1", parcels: [{ units: 1 }] };
  const { id } = carrier.buyLabel(order, idempotency);
  carrier.voidLabel(id);
  parts.elapse();
  t.expect(carrier.shipment(id)).toMatchObject({ state: "cancelled", scans: [] });
  t.expect(parts.announced).toEqual(["shipment.cancelled"]);
});
