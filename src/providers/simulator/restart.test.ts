import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { test } from "vitest";
import { testProviders } from "../../testing/providers.ts";
import type { PaymentRequest } from "../payments/provider.ts";
import type { PaymentSimulatorOptions } from "../payments/simulator.ts";

const NEVER_MS = 3_600_000;
const charge: PaymentRequest = {
  idempotencyKey: "payment-1",
  amountMinor: 10_000,
  currency: "ARS",
  cardToken: "tok_approved",
  reference: "order-1",
  capture: true,
};

test("what was unsettled settles after a restart", async (t) => {
  const { payments, shipping, told, stop, start } = await testProviders(t, {
    settleMs: NEVER_MS,
    pickupMs: NEVER_MS,
  });
  const payment = await payments.createPayment(charge);
  const parcels = [{ units: 1 }];
  const label = { idempotencyKey: "s", reference: "order-1", parcels, address: "Elsewhere 1" };
  const shipment = await shipping.createShipment(label);
  await stop();
  await start({ settleMs: 0 });
  await told("payment.approved", payment.id);
  t.expect(await payments.createPayment(charge)).toMatchObject({ id: payment.id });

  const refund = { idempotencyKey: "refund-1", paymentId: payment.id, amountMinor: 10_000 };
  await stop();
  await start({ settleMs: NEVER_MS });
  const { id } = await payments.createRefund(refund);
  await stop();
  await start({ settleMs: 0, pickupMs: 0 });
  await told("refund.succeeded", id);
  t.expect(await payments.getPayment(payment.id)).toMatchObject({ refundedMinor: 10_000 });
  await told("shipment.delivered", shipment.id);
  t.expect((await shipping.getShipment(shipment.id)).scans).toHaveLength(3);
});

test("a webhook that nobody took is sent again after a restart, under its old id", async (t) => {
  let answer = 500;
  const { payments, told, events, stop, start } = await testProviders(t, { answer: () => answer });
  await payments.createPayment(charge);
  const refused = await told("payment.approved");
  await stop();
  const before = events.length;
  answer = 204;
  await start();
  await t.expect.poll(() => events.length).toBeGreaterThan(before);
  t.expect(events.slice(before)).toEqual([refused]);
});

test("a webhook that was taken is not sent again", async (t) => {
  const { payments, told, events, stop, start } = await testProviders(t);
  const first = await payments.createPayment(charge);
  await told("payment.approved", first.id);
  await stop();
  await start();
  const second = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  await told("payment.approved", second.id);
  t.expect(events.filter(({ data }) => data.id === first.id)).toHaveLength(1);
});

test("a torn last line is cut off, and what stood before it stays", async (t) => {
  const { payments, paymentOptions, stop, start, told } = await testProviders(t);
  const journal = join(paymentOptions.dataDirectory, "payments.ndjson");
  const kept = await payments.createPayment(charge);
  await told("payment.approved", kept.id);
  await stop();
  const intact = await readFile(journal, "utf8");
  await appendFile(journal, '{"payment":{"half');
  await start({ settleMs: NEVER_MS });
  t.expect(await payments.getPayment(kept.id)).toMatchObject({ state: "approved" });
  t.expect(await readFile(journal, "utf8")).toBe(intact);

  // Losing the very end of the last change loses that change, and nothing else.
  const lost = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  await stop();
  await truncate(journal, Buffer.byteLength(await readFile(journal, "utf8")) - 1);
  await start();
  t.expect(await payments.findByKey("payment-2")).toBeUndefined();
  t.expect(await payments.getPayment(kept.id)).toMatchObject({ state: "approved" });
  const again = await payments.createPayment({ ...charge, idempotencyKey: "payment-2" });
  t.expect(again.id).not.toBe(lost.id);
  await told("payment.approved", again.id);
});

test("a journal of an older version is taken up where it was", async (t) => {
  const { payments, shipping, paymentOptions, stop, start, told } = await testProviders(t);
  await stop();
  const at = "2026-01-02T03:04:05.000Z";
  const thing = { idempotencyKey: "k", requestDigest: "d", reference: "order-1" };
  const made = { createdAt: at, updatedAt: at };
  const payment = {
    ...{ ...thing, ...made, id: "p1", state: "in_process", behaviour: "approved", capture: true },
    ...{ amountMinor: 10_000, capturedMinor: 0, refundedMinor: 0, currency: "ARS" },
    instrument: { brand: "visa", lastFour: "4242", fingerprint: "f" },
  };
  const scan = { id: "c1", state: "shipped", description: "Handed over", place: "Counter", at };
  const shipment = {
    ...{ ...thing, ...made, id: "s1", state: "shipped", carrier: "Simulated Post" },
    ...{ trackingCode: "SP1", labelUrl: "data:text/plain,SP1", estimatedDeliveryAt: at },
    ...{ scans: [scan], nobodyHome: false },
  };
  const data = { object: "shipment", id: "s1" };
  const webhook = { id: "e1", type: "shipment.shipped", createdAt: at, data };
  const write = (name: string, change: unknown) =>
    writeFile(join(paymentOptions.dataDirectory, `${name}.ndjson`), `${JSON.stringify(change)}\n`);
  await write("payments", { payment: { p1: payment } });
  await write("shipping", { shipment: { s1: shipment }, webhook: { e1: webhook } });
  await start();
  await told("payment.approved", "p1");
  t.expect(await payments.getPayment("p1")).toMatchObject({ deadlineAt: null, chargeback: null });
  t.expect((await told("shipment.shipped")).id).toBe("e1");
  await told("shipment.delivered", "s1");
  t.expect((await shipping.getShipment("s1")).scans).toHaveLength(3);
});

test("a kill loses nothing that was answered", async (t) => {
  const { payments, paymentOptions, stop, start, told } = await testProviders(t);
  await stop();
  const child = await simulatorProcess({ ...paymentOptions, settleMs: NEVER_MS });
  t.onTestFinished(() => void child.kill("SIGKILL"));
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      payments.createPayment({ ...charge, idempotencyKey: `payment-${index}` }),
    ),
  );
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  t.expect(await exited).toEqual([null, "SIGKILL"]);

  // The socket file that the killed process left behind is in the way, and is replaced.
  await start();
  for (const { id } of made) await told("payment.approved", id);
  for (const { id, idempotencyKey } of made) {
    t.expect(await payments.findByKey(idempotencyKey)).toMatchObject({ id, state: "approved" });
  }
});

/** A payment simulator in a process of its own that can be killed. */
async function simulatorProcess(options: PaymentSimulatorOptions) {
  const outfile = join(dirname(options.socketPath), "simulator.cjs");
  await build({
    stdin: {
      contents: `import { startPaymentSimulator } from "./simulator.ts";
        startPaymentSimulator(JSON.parse(process.argv[2])).then(() => console.log("ready"));`,
      resolveDir: new URL("../payments", import.meta.url).pathname,
    },
    outfile,
    bundle: true,
    format: "cjs",
    platform: "node",
    logLevel: "error",
  });
  const child = spawn(process.execPath, [outfile, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = once(child.stdout, "data");
  const failed = once(child, "exit").then(([code]) => Promise.reject(new Error(`exit ${code}`)));
  failed.catch(() => undefined);
  await Promise.race([ready, failed]);
  return child;
}
