import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "vitest";
import type { WebhookEvent } from "../webhook-event.ts";
import { startWebhookReceiver, type WebhookDelivery } from "../webhook-receiver.ts";
import { type WebhookSenderOptions, webhookSender } from "./webhook-sender.ts";

const event = (id: string): WebhookEvent => ({
  id,
  type: "payment.approved",
  createdAt: "2026-01-02T03:04:05.000Z",
  data: { object: "payment", id: "p1" },
});

interface Attempt extends WebhookDelivery {
  atMs: number;
}

/** A receiver that answers by the number of the attempt, and a sender that knows it. */
async function setup(t: TestContext, answer: (attempt: number) => number) {
  const directory = await mkdtemp(join(tmpdir(), "mkt-sender-"));
  const socketPath = join(directory, "webhooks.sock");
  const attempts: Attempt[] = [];
  const start = () =>
    startWebhookReceiver({
      socketPath,
      handle: async (delivery) => {
        attempts.push({ ...delivery, atMs: performance.now() });
        return { status: answer(attempts.length) };
      },
    });
  const delivered: string[] = [];
  const options: WebhookSenderOptions = {
    endpoint: { socketPath },
    path: "/webhooks/payments",
    secret: "whsec",
    now: () => new Date(),
    durable: async () => undefined,
    onAttempt: ({ id }, taken) => {
      if (taken) delivered.push(id);
    },
  };
  t.onTestFinished(() => rm(directory, { recursive: true }));
  return { attempts, delivered, options, start };
}

test("repeats until the receiver takes it, pausing longer each time", async (t) => {
  const { attempts, delivered, options, start } = await setup(
    t,
    (nth) => [500, 404, 302][nth - 1] ?? 200,
  );
  const receiver = await start();
  t.onTestFinished(() => receiver.close());
  const sender = webhookSender(options);
  t.onTestFinished(() => sender.close());
  sender.send(event("e1"));
  await t.expect.poll(() => delivered, { timeout: 10_000 }).toEqual(["e1"]);
  t.expect(attempts).toHaveLength(4);
  const bodies = attempts.map(({ rawBody }) => JSON.parse(Buffer.from(rawBody).toString()));
  t.expect(bodies).toEqual(Array(4).fill(event("e1")));
  for (const [index, leastMs] of [100, 200, 400].entries()) {
    const pauseMs = (attempts[index + 1]?.atMs ?? 0) - (attempts[index]?.atMs ?? 0);
    t.expect(pauseMs).toBeGreaterThan(leastMs - 5);
  }
});

test("many events reach a receiver that comes late, each signed when it is sent", async (t) => {
  const { attempts, delivered, options, start } = await setup(t, () => 204);
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  t.onTestFinished(() => void process.off("warning", onWarning));
  const sender = webhookSender(options);
  t.onTestFinished(() => sender.close());
  const ids = Array.from({ length: 50 }, (_, index) => `e${index}`);
  for (const id of ids) sender.send(event(id));
  const receiver = await start();
  t.onTestFinished(() => receiver.close());
  await t.expect.poll(() => delivered.length, { timeout: 10_000 }).toBe(50);
  t.expect([...delivered].sort()).toEqual([...ids].sort());
  t.expect(attempts.every(({ signatureHeader }) => signatureHeader?.startsWith("t="))).toBe(true);
  t.expect(warnings).toEqual([]);
});

test("nothing is told that is not on the disk", async (t) => {
  const { attempts, delivered, options, start } = await setup(t, () => 204);
  const receiver = await start();
  t.onTestFinished(() => receiver.close());
  const failed = () => Promise.reject(new Error("disk full"));
  const broken = webhookSender({ ...options, durable: failed });
  broken.send(event("lost"));
  await broken.close();
  const sound = webhookSender(options);
  t.onTestFinished(() => sound.close());
  sound.send(event("kept"));
  await t.expect.poll(() => delivered, { timeout: 10_000 }).toEqual(["kept"]);
  t.expect(attempts).toHaveLength(1);
});

test("closing lets the attempt under way end, and begins no other", async (t) => {
  const { attempts, delivered, options, start } = await setup(t, () => 204);
  const receiver = await start();
  t.onTestFinished(() => receiver.close());
  const sender = webhookSender(options);
  sender.send(event("e1"));
  await t.expect.poll(() => attempts.length, { timeout: 10_000 }).toBe(1);
  await sender.close();
  t.expect(delivered).toEqual(["e1"]);

  await receiver.close();
  const unheard = webhookSender(options);
  unheard.send(event("e2"));
  await unheard.close();
  t.expect(delivered).toEqual(["e1"]);
});
