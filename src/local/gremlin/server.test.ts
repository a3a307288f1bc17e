import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import gremlin from "gremlin";
import { type TestContext, test } from "vitest";
import { WebSocket } from "ws";
import { openGraph } from "../../stores/neptune/graph.ts";
import { type GremlinOptions, startGremlin } from "./server.ts";

const { statics: __, t: T } = gremlin.process;

const NODE = { id: "n1", label: "node", properties: { name: "ñandú", at: new Date(0), n: 0.5 } };
const LOOP = { id: "e1", label: "next", from: "n1", to: "n1", properties: { weight: 3 } };

function setup({ onTestFinished }: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "mkt-gremlin-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const socketPath = join(directory, "g.sock");
  const url = `ws+unix://${socketPath}:/gremlin`;
  const notices: string[] = [];
  const notice = (text: string) => void notices.push(text);
  const dataDirectory = join(directory, "data");
  return {
    notices,
    socketPath,
    url,
    dataDirectory,
    file: join(dataDirectory, "graph.ndjson"),
    start: (options: Partial<GremlinOptions> = {}) =>
      startGremlin({ socketPath, notice, ...options }),
  };
}

/** An engine and a store that last for one test. */
async function running(t: TestContext, options: Partial<GremlinOptions> = {}) {
  const { start, url, socketPath } = setup(t);
  const engine = await start(options);
  t.onTestFinished(() => engine.close());
  const graph = openGraph({ url });
  t.onTestFinished(() => graph.close());
  return { graph, url, socketPath };
}

test.for<[step: string, message: string]>([
  ["subgraph", "does not know the step subgraph(); use a Gremlin Server or Neptune profile"],
  ["constructor", "does not know the step constructor()"],
])("refuses the step %s() by name, and does nothing before", async ([step, message], t) => {
  const { graph } = await running(t);
  const request = graph.ask((g) => {
    const traversal = g.addV("node").local(__.identity());
    traversal.getBytecode().addStep(step, []);
    return traversal.toList();
  });
  await t.expect(request).rejects.toMatchObject({ code: "invalid" });
  await t.expect(request).rejects.toThrow(message);
  t.expect(await graph.countByLabel()).toEqual({ vertices: {}, edges: {} });
});

test("refuses an unknown step within an anonymous traversal before it does anything", async (t) => {
  const { graph } = await running(t);
  const request = graph.ask((g) => g.addV("node").local(__.math("1")).toList());
  await t.expect(request).rejects.toThrow("does not know the step math()");
  t.expect(await graph.countByLabel()).toEqual({ vertices: {}, edges: {} });
});

test("refuses scripts and sessions", async (t) => {
  const { url } = await running(t);
  const client = new gremlin.driver.Client(url, {});
  t.onTestFinished(() => client.close());
  await t
    .expect(client.submit("g.V()"))
    .rejects.toThrow("it takes traversals as bytecode, no scripts");
  const session = new gremlin.driver.Client(url, { session: crypto.randomUUID() });
  const { Bytecode } = gremlin.process;
  await t.expect(session.submit(new Bytecode().addStep("V"))).rejects.toThrow("it has no sessions");
  await session.close().catch(() => undefined);
});

test.for<[string, string | Buffer]>([
  ["text", "g.V()"],
  ["JSON that is no request", "[1]"],
  ["an empty frame", Buffer.alloc(0)],
  ["a length beyond the frame", Buffer.from([200, 1, 2])],
  ["another format", Buffer.from(`${String.fromCharCode(3)}a/b{}`)],
  ["GraphSON that is none", request({ "@type": "g:Bytecode", "@value": { step: 7 } })],
  ["deep nesting", request(JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`))],
  ["no bytecode", request("g.V()")],
])("answers %s with an error and goes on", async ([, message], t) => {
  const { graph, url } = await running(t);
  const socket = new WebSocket(url);
  t.onTestFinished(() => socket.terminate());
  await new Promise((resolve) => socket.once("open", resolve));
  const answered = new Promise<string>((resolve) =>
    socket.once("message", (data) => resolve(String(data))),
  );
  socket.send(message);
  t.expect(JSON.parse(await answered)).toMatchObject({ status: { code: 499 } });
  t.expect(await graph.countByLabel()).toEqual({ vertices: {}, edges: {} });
});

function request(bytecode: unknown): string {
  const requestId = { "@type": "g:UUID", "@value": crypto.randomUUID() };
  return JSON.stringify({
    requestId,
    op: "bytecode",
    processor: "traversal",
    args: { gremlin: bytecode },
  });
}

test("holds no more than it is allowed", async (t) => {
  const { graph } = await running(t, { maxElements: 2 });
  const rows = ["n1", "n2", "n3"].map((id) => ({ ...NODE, id }));
  await t
    .expect(graph.mergeVertices(rows))
    .rejects.toThrow("the embedded graph holds at most 2 vertices and edges");
  t.expect(await graph.countByLabel()).toEqual({ vertices: { node: 2 }, edges: {} });
});

test("stops a traversal that would never end", async (t) => {
  const { graph } = await running(t);
  await graph.mergeVertices([NODE]);
  await graph.mergeEdges([LOOP]);
  const endless = graph.ask((g) =>
    g.with_("evaluationTimeout", 200).V().repeat(__.out()).until(__.hasId("other")).toList(),
  );
  await t.expect(endless).rejects.toThrow("the traversal took longer than 200 ms");
  t.expect(await graph.countByLabel()).toMatchObject({ vertices: { node: 1 } });
});

test("takes as many steps as it says, and no more", async (t) => {
  const { graph } = await running(t);
  const steps = (count: number) =>
    graph.ask(async (g) => {
      let traversal = g.inject(1);
      for (let index = 0; index < count; index += 1) traversal = traversal.is(1);
      return await traversal.toList();
    });
  t.expect(await steps(2_400)).toEqual([1]);
  await t.expect(steps(2_500)).rejects.toThrow("a traversal has at most 2500 steps");
});

test("walking while adding does not walk what was added", async (t) => {
  const { graph } = await running(t);
  await graph.mergeVertices([NODE]);
  await graph.mergeEdges([LOOP]);
  await graph.ask((g) => g.V("n1").as("a").out("next").addE("next").to("a").iterate());
  await graph.ask((g) => g.V().addV("node").iterate());
  t.expect(await graph.countByLabel()).toEqual({ vertices: { node: 2 }, edges: { next: 2 } });
});

test("its socket is its user's alone", async (t) => {
  const { socketPath } = await running(t);
  t.expect(statSync(socketPath).mode & 0o777).toBe(0o600);
});

test("comes back with the graph it had when it was closed", async (t) => {
  const { start, url, dataDirectory, file } = setup(t);
  const first = await start({ dataDirectory });
  const writing = openGraph({ url });
  await writing.mergeVertices([NODE]);
  await writing.mergeEdges([LOOP]);
  await writing.ask((g) => g.V("n1").property(gremlin.process.cardinality.list, "n", 7).iterate());
  await writing.close();
  await first.close();
  t.expect(statSync(file).mode & 0o777).toBe(0o600);

  const second = await start({ dataDirectory });
  t.onTestFinished(() => second.close());
  const reading = openGraph({ url });
  t.onTestFinished(() => reading.close());
  const read = await reading.ask(async (g) => [
    await g.V("n1").valueMap().toList(),
    await g.E("e1").elementMap("weight").toList(),
  ]);
  const end = new Map<unknown, unknown>([
    [T.id, "n1"],
    [T.label, "node"],
  ]);
  const { direction } = gremlin.process;
  t.expect(read).toEqual([
    [
      new Map<string, unknown>([
        ["name", ["ñandú"]],
        ["at", [new Date(0)]],
        ["n", [0.5, 7]],
      ]),
    ],
    [
      new Map<unknown, unknown>([
        [T.id, "e1"],
        [T.label, "next"],
        [direction.in, end],
        [direction.out, end],
        ["weight", 3],
      ]),
    ],
  ]);
});

test("saves the graph once it is left alone", async (t) => {
  const { start, url, dataDirectory, file } = setup(t);
  const engine = await start({ dataDirectory, quietMs: 1 });
  t.onTestFinished(() => engine.close());
  const graph = openGraph({ url });
  t.onTestFinished(() => graph.close());
  await graph.mergeVertices([NODE]);
  const saved = () => {
    try {
      return readFileSync(file, "utf8").split("\n")[0];
    } catch {
      return undefined;
    }
  };
  await t.expect.poll(saved).toBe('{"vertices":1,"edges":0}');
});

test.for<[string, string]>([
  ["cut short", '{"vertices":1,"edges":0}\n'],
  ["half a line", '{"vertices":1,"edges":0}\n{"id":"n1","la'],
  [
    "an edge to nowhere",
    '{"vertices":0,"edges":1}\n{"id":"e","label":"x","from":"a","to":"b","properties":{}}\n',
  ],
])("sets aside a saved graph that is %s", async ([, content], t) => {
  const { start, url, dataDirectory, file, notices } = setup(t);
  mkdirSync(dataDirectory, { recursive: true });
  writeFileSync(file, content);
  const engine = await start({ dataDirectory });
  t.onTestFinished(() => engine.close());
  const graph = openGraph({ url });
  t.onTestFinished(() => graph.close());
  t.expect(await graph.countByLabel()).toEqual({ vertices: {}, edges: {} });
  t.expect(notices.join()).toContain("mkt dump-graph fills it again");
  t.expect(readFileSync(`${file}.unreadable`, "utf8")).toBe(content);
});
