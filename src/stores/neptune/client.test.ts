import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { startGremlin } from "../../local/gremlin/server.ts";
import { openNeptune, type Recipe } from "./client.ts";

const countAll: Recipe<unknown> = async (g) => (await g.V().count().next()).value;

function socketIn({ onTestFinished }: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "mkt-neptune-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const socketPath = join(directory, "g.sock");
  return { socketPath, url: `ws+unix://${socketPath}:/gremlin` };
}

/** A server that does to each request what a test says; `answer` gives the engine's status and a result. */
async function faultyServer(
  t: TestContext,
  onRequest: (socket: WebSocket, answer: (code: number, message: string) => void) => void,
) {
  const { socketPath, url } = socketIn(t);
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  const connections: WebSocket[] = [];
  sockets.on("connection", (socket) => {
    connections.push(socket);
    socket.on("message", (data: Buffer) => {
      const request = JSON.parse(data.subarray(1 + (data[0] ?? 0)).toString());
      onRequest(socket, (code, message) => {
        const value = { "@type": "g:Traverser", "@value": { bulk: 1, value: 7 } };
        const result = { data: { "@type": "g:List", "@value": [value] } };
        const status = { code, message, attributes: {} };
        socket.send(JSON.stringify({ requestId: request.requestId["@value"], status, result }));
      });
    });
  });
  http.listen(socketPath);
  await once(http, "listening");
  t.onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
    await once(http, "close");
  });
  return { url, connections };
}

test.for([
  ["a socket that is not there", "ws+unix:///nonexistent/g.sock:/gremlin"],
  ["a port where nobody listens", "ws://127.0.0.1:1/gremlin"],
  ["a name that nobody has", "ws://neptune.invalid:8182/gremlin"],
])("%s is an engine that cannot be reached", async ([, url = ""], t) => {
  const neptune = openNeptune({ url });
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("Neptune cannot be reached"),
    hint: t.expect.stringContaining("mkt up neptune"),
  });
  await neptune.close();
});

test("a server that is no Gremlin engine cannot be reached either", async (t) => {
  const { socketPath, url } = socketIn(t);
  const http = createServer((_, response) => response.writeHead(404).end());
  http.listen(socketPath);
  await once(http, "listening");
  t.onTestFinished(() => void http.close());
  await t.expect(openNeptune({ url }).ask(countAll)).rejects.toMatchObject({ code: "unavailable" });
});

test("connects again after the engine went away and came back", async (t) => {
  const { socketPath, url } = socketIn(t);
  const neptune = openNeptune({ url });
  t.onTestFinished(() => neptune.close());
  const first = await startGremlin({ socketPath });
  t.expect(await neptune.ask(countAll)).toBe(0);
  await first.close();
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({ code: "unavailable" });
  const second = await startGremlin({ socketPath });
  t.onTestFinished(() => second.close());
  t.expect(await neptune.ask(countAll)).toBe(0);
});

test("a connection that breaks in the middle of a question is an engine that went away", async (t) => {
  const { url } = await faultyServer(t, (socket) => socket.terminate());
  const neptune = openNeptune({ url });
  t.onTestFinished(() => neptune.close());
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({ code: "unavailable" });
});

test("gives up on an engine that is silent, and asks the next question on a new connection", async (t) => {
  let silent = true;
  const { url, connections } = await faultyServer(t, (_, answer) => {
    if (!silent) answer(200, "");
  });
  const neptune = openNeptune({ url }, { requestMs: 100 });
  t.onTestFinished(() => neptune.close());
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({
    code: "unavailable",
    message: "Neptune cannot be reached: no answer within 0.1 seconds",
  });
  silent = false;
  t.expect(await neptune.ask(countAll)).toBe(7);
  t.expect(connections).toHaveLength(2);
});

test("gives up on an engine that does not let it in", async (t) => {
  const { socketPath, url } = socketIn(t);
  const http = createServer();
  http.on("upgrade", (_, socket) => t.onTestFinished(() => void socket.destroy()));
  http.listen(socketPath);
  await once(http, "listening");
  t.onTestFinished(() => void http.close());
  const neptune = openNeptune({ url }, { openMs: 100 });
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({ code: "unavailable" });
});

test("asks again when it met another writer, and not for ever", async (t) => {
  let requests = 0;
  let conflicts = 2;
  const { url } = await faultyServer(t, (_, answer) => {
    requests += 1;
    conflicts -= 1;
    if (conflicts >= 0) answer(500, '{"code":"ConcurrentModificationException"}');
    else answer(200, "");
  });
  const neptune = openNeptune({ url });
  t.onTestFinished(() => neptune.close());
  t.expect(await neptune.ask(countAll)).toBe(7);
  t.expect(requests).toBe(3);

  conflicts = Number.POSITIVE_INFINITY;
  await t
    .expect(neptune.ask(countAll))
    .rejects.toMatchObject({ message: t.expect.stringContaining("ConcurrentModification") });
  t.expect(requests).toBe(3 + 6);
});

test("a refused traversal is not asked again", async (t) => {
  let requests = 0;
  const { url } = await faultyServer(t, (_, answer) => {
    requests += 1;
    answer(500, "no such step");
  });
  const neptune = openNeptune({ url });
  t.onTestFinished(() => neptune.close());
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({ code: "invalid" });
  t.expect(requests).toBe(1);
});

test.for([
  [598, "Evaluation exceeded timeout threshold of 30000 ms"],
  [500, '{"code":"TimeLimitExceededException"}'],
  [500, '{"code":"MemoryLimitExceededException"}'],
  [429, '{"code":"ThrottlingException"}'],
] as const)("an engine that says %i %s is busy", async ([code, message], t) => {
  const { url } = await faultyServer(t, (_, answer) => answer(code, message));
  const neptune = openNeptune({ url });
  t.onTestFinished(() => neptune.close());
  await t.expect(neptune.ask(countAll)).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("Neptune cannot answer now"),
  });
});

test("several questions at once share one connection, which close() ends", async (t) => {
  const { url, connections } = await faultyServer(t, (_, answer) => answer(200, ""));
  const neptune = openNeptune({ url });
  const answers = await Promise.all([1, 2, 3].map(() => neptune.ask(countAll)));
  t.expect(answers).toEqual([7, 7, 7]);
  t.expect(connections).toHaveLength(1);
  await neptune.close();
  t.expect(connections[0]?.readyState).toBe(connections[0]?.CLOSED);
});
