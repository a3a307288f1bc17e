import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "vitest";
import * as z from "zod";
import { type ProviderCallOptions, providerCall } from "./provider-call.ts";

const answer = z.object({ id: z.string() });

/** A call to a provider on a loopback port that behaves as the listener does. */
async function provider(t: TestContext, listener: RequestListener, options?: ProviderCallOptions) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const config = {
    endpoint: { url: `http://127.0.0.1:${port}/v1/` },
    apiKey: "k",
    webhookSecret: "",
  };
  const call = providerCall("the payment provider", config, options);
  const body = { amountMinor: 1 };
  return () => call({ method: "POST", path: "/payments?a=b", body, idempotencyKey: "key" }, answer);
}

test("sends key, API key and JSON below the endpoint's own path", async (t) => {
  const seen: unknown[] = [];
  const call = await provider(t, (request, response) => {
    const { authorization, "idempotency-key": key, "content-length": length } = request.headers;
    seen.push(request.method, request.url, authorization, key, length);
    response.end('{"id":"p1","more":"than was asked"}');
  });
  t.expect(await call()).toEqual({ id: "p1" });
  t.expect(seen).toEqual(["POST", "/v1/payments?a=b", "Bearer k", "key", "17"]);
});

const told = (code: string) => JSON.stringify({ error: { code, message: "because" } });
test.for([
  { status: 400, body: told("invalid_request"), code: "declined" },
  { status: 422, body: told("unknown_card_token"), code: "declined" },
  { status: 404, body: told("not_found"), code: "not_found" },
  { status: 409, body: told("key_reused"), code: "key_reused" },
  { status: 409, body: told("illegal_state"), code: "illegal_transition" },
  { status: 401, body: told("unauthorized"), code: "unavailable" },
  { status: 403, body: "", code: "unavailable" },
  { status: 408, body: told("timeout"), code: "unavailable" },
  { status: 429, body: told("slow_down"), code: "unavailable" },
  { status: 500, body: told("internal"), code: "unavailable" },
  { status: 502, body: "<html>Bad Gateway</html>", code: "unavailable" },
  { status: 504, body: "", code: "unavailable" },
  { status: 302, body: "", code: "unavailable" },
  { status: 200, body: "", code: "unavailable" },
  { status: 200, body: '{"id":7}', code: "unavailable" },
  { status: 200, body: `{"id":"${"x".repeat(1024 * 1024)}"}`, code: "unavailable" },
])("$status with $body.length characters is $code", async ({ status, body, code }, t) => {
  const call = await provider(t, (_, response) => response.writeHead(status).end(body));
  await t.expect(call()).rejects.toMatchObject({
    code,
    message: t.expect.stringContaining("the payment provider"),
  });
});

test.for<{ what: string; listener: RequestListener }>([
  { what: "silence", listener: () => undefined },
  { what: "half an answer", listener: (_, response) => response.writeHead(200).write('{"id"') },
])("$what leaves the outcome unknown when time is up", async ({ listener }, t) => {
  const call = await provider(t, listener, { timeoutMs: 100 });
  await t.expect(call()).rejects.toMatchObject({
    code: "unavailable",
    message: "the payment provider did not answer (no answer within 100 ms)",
  });
});

test.for<{ what: string; listener: RequestListener }>([
  { what: "a reset before the answer", listener: (request) => request.socket.destroy() },
  {
    what: "a reset within the answer",
    listener: (request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => request.socket.destroy());
    },
  },
])("$what leaves the outcome unknown", async ({ listener }, t) => {
  const call = await provider(t, listener);
  await t.expect(call()).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("did not answer"),
  });
});
