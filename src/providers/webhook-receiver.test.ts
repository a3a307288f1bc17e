import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "vitest";
import { type HttpCall, httpCall } from "./http-request.ts";
import {
  startWebhookReceiver,
  type WebhookDelivery,
  type WebhookReceiverOptions,
} from "./webhook-receiver.ts";

async function newSocketPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "mkt-receiver-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, "webhooks.sock");
}

async function setup(t: TestContext, options: Partial<WebhookReceiverOptions> = {}) {
  const deliveries: WebhookDelivery[] = [];
  const socketPath = await newSocketPath(t);
  const receiver = await startWebhookReceiver({
    socketPath,
    handle: async (delivery) => {
      deliveries.push(delivery);
      return { status: 202 };
    },
    ...options,
  });
  t.onTestFinished(() => receiver.close());
  const post = async (body: Uint8Array, call: Partial<HttpCall> = {}) => {
    const shared = {
      endpoint: { socketPath },
      method: "POST",
      path: "/webhooks/payments",
    } as const;
    return (await httpCall({ ...shared, body, timeoutMs: 5000, ...call })).status;
  };
  return { deliveries, post, socketPath };
}

/** Posts a body without telling its length first. */
function postUndeclared(socketPath: string, size: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/webhooks/payments", method: "POST", agent: false });
    call.once("response", (answer) => resolve(answer.resume().statusCode)).on("error", reject);
    call.write(new Uint8Array(size));
    call.end();
  });
}

test("hands on the bytes as they came, with the signature, and answers what it is told", async (t) => {
  const { deliveries, post } = await setup(t);
  const body = Uint8Array.from({ length: 256 }, (_, index) => index);
  t.expect(await post(body, { headers: { "webhook-signature": "t=1,v1=ab" } })).toBe(202);
  t.expect(await post(body, { path: "/webhooks/shipping" })).toBe(202);
  t.expect(deliveries).toEqual([
    { provider: "payments", rawBody: body, signatureHeader: "t=1,v1=ab" },
    { provider: "shipping", rawBody: body, signatureHeader: undefined },
  ]);
});

test("takes 64 KiB and not a byte more", async (t) => {
  const { deliveries, post, socketPath } = await setup(t);
  t.expect(await post(new Uint8Array(64 * 1024))).toBe(202);
  t.expect(await post(new Uint8Array(64 * 1024 + 1))).toBe(413);
  t.expect(await postUndeclared(socketPath, 64 * 1024 + 1)).toBe(413);
  t.expect(deliveries).toHaveLength(1);
});

test("has no other door", async (t) => {
  const { deliveries, post } = await setup(t);
  t.expect(await post(new Uint8Array(), { path: "/webhooks/others" })).toBe(404);
  t.expect(await post(new Uint8Array(), { path: "/" })).toBe(404);
  t.expect(await post(new Uint8Array(), { method: "GET" })).toBe(404);
  t.expect(deliveries).toEqual([]);
});

test("what could not be handled is answered 500, so that it comes again", async (t) => {
  const errors: unknown[] = [];
  const broken = new Error("Aurora cannot be reached");
  const { post } = await setup(t, {
    handle: () => Promise.reject(broken),
    onError: (error) => errors.push(error),
  });
  t.expect(await post(new Uint8Array(1))).toBe(500);
  t.expect(errors).toEqual([broken]);
});

test("replaces a socket that nobody listens on, and refuses one that somebody does", async (t) => {
  const { socketPath } = await setup(t);
  const handle = async () => ({ status: 204 });
  await t
    .expect(startWebhookReceiver({ socketPath, handle }))
    .rejects.toMatchObject({ code: "conflict" });
  const stalePath = await newSocketPath(t);
  await writeFile(stalePath, "");
  await (await startWebhookReceiver({ socketPath: stalePath, handle })).close();
});
