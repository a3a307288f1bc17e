import * as z from "zod";
import { isBytecode } from "./bytecode.ts";
import { evaluate } from "./evaluate.ts";
import type { Graph } from "./graph.ts";
import { FAILURE, GraphError } from "./graph-error.ts";
import { decode, encode } from "./graphson.ts";

/** The part of a WebSocket that an answer needs. */
interface Socket {
  send(frame: string): void;
  readonly bufferedAmount: number;
}

const MEDIA_TYPE = "application/vnd.gremlin-v3.0+json";
const RESULTS_PER_FRAME = 64;
const RESULTS_MAX = 1_000_000;
const ANSWER_LIMIT_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** Status codes of Gremlin Server's protocol for requests that succeed. */
const SUCCESS = { whole: 200, nothing: 204, more: 206 } as const;

const requestSchema = z.object({
  requestId: z.union([
    z.string(),
    z.object({ "@value": z.string() }).transform((wrapped) => wrapped["@value"]),
  ]),
  op: z.string(),
  processor: z.string().default(""),
  args: z.record(z.string(), z.unknown()).default({}),
});

type Request = z.infer<typeof requestSchema>;

/** Answers one message with one frame or several. Nothing that a client sends makes it throw. */
export function answer(data: Buffer, isBinary: boolean, graph: Graph, socket: Socket): void {
  let requestId: string | null = null;
  const send = (code: number, message: string, results: unknown[] | null) => {
    const status = { message, code, attributes: { "@type": "g:Map", "@value": [] } };
    const list = results && { "@type": "g:List", "@value": results };
    const result = { data: list, meta: { "@type": "g:Map", "@value": [] } };
    socket.send(JSON.stringify({ requestId, status, result }));
  };
  try {
    const request = parse(data, isBinary);
    requestId = request.requestId;
    let frame: unknown[] = [];
    let count = 0;
    for (const value of resultsOf(request, graph)) {
      count += 1;
      if (count > RESULTS_MAX || socket.bufferedAmount > ANSWER_LIMIT_BYTES)
        throw new GraphError("the answer is larger than the embedded graph gives: use limit()");
      if (frame.length === RESULTS_PER_FRAME) {
        send(SUCCESS.more, "", frame);
        frame = [];
      }
      frame.push(traverser(encode(value, bare(request))));
    }
    if (count === 0) send(SUCCESS.nothing, "", null);
    else send(SUCCESS.whole, "", frame);
  } catch (error) {
    const known = error instanceof GraphError;
    // What overflows the stack is a traversal of too many steps, within the limit of each.
    const tooDeep = error instanceof RangeError;
    if (known || tooDeep) {
      send(
        known ? error.code : FAILURE.refused,
        known ? error.message : "the traversal is nested too deeply",
        null,
      );
    } else {
      const stack = error instanceof Error ? error.stack : error;
      send(FAILURE.bug, `this is a bug of the embedded graph: ${stack}`, null);
    }
  }
}

function parse(data: Buffer, isBinary: boolean): Request {
  try {
    return requestSchema.parse(JSON.parse(isBinary ? unframe(data) : data.toString("utf8")));
  } catch (error) {
    if (error instanceof GraphError) throw error;
    throw new GraphError(
      "the message is not a request of Gremlin Server's protocol",
      FAILURE.malformed,
    );
  }
}

/** A binary frame is one byte of length, the media type, and the request. */
function unframe(data: Buffer): string {
  const start = 1 + (data[0] ?? 0);
  const type = data.subarray(1, start).toString("utf8");
  if (type === MEDIA_TYPE) return data.subarray(start).toString("utf8");
  throw new GraphError(
    `the embedded graph takes requests as ${MEDIA_TYPE} only`,
    FAILURE.malformed,
  );
}

function resultsOf({ op, processor, args }: Request, graph: Graph): Iterable<unknown> {
  if (op !== "bytecode")
    throw new GraphError(
      `the embedded graph does not serve ${op}: it takes traversals as bytecode, no scripts; use a Gremlin Server or Neptune profile`,
    );
  if (processor !== "traversal")
    throw new GraphError(
      `the embedded graph does not serve the processor ${processor}: it has no sessions`,
    );
  const bytecode = decode(withoutOptions(args.gremlin));
  if (!isBytecode(bytecode))
    throw new GraphError("the request holds no bytecode", FAILURE.malformed);
  const { evaluationTimeout } = args;
  const timeoutMs =
    typeof evaluationTimeout === "number" && evaluationTimeout > 0
      ? Math.min(evaluationTimeout, TIMEOUT_MS)
      : TIMEOUT_MS;
  return evaluate(bytecode, graph, { timeoutMs });
}

const optionsSource = z.tuple([
  z.literal("withStrategies"),
  z.object({ "@type": z.literal("g:OptionsStrategy") }),
]);
const wireBytecode = z.looseObject({
  "@type": z.literal("g:Bytecode"),
  "@value": z.looseObject({ source: z.array(z.unknown()) }),
});

/** The driver sends with("evaluationTimeout", …) both as the request's arguments and within the bytecode. */
function withoutOptions(gremlin: unknown): unknown {
  const { success, data } = wireBytecode.safeParse(gremlin);
  if (!success) return gremlin;
  const source = data["@value"].source.filter((one) => !optionsSource.safeParse(one).success);
  return { ...data, "@value": { ...data["@value"], source } };
}

function bare({ args }: Request): boolean {
  return args.materializeProperties === "tokens";
}

function traverser(value: unknown): unknown {
  return { "@type": "g:Traverser", "@value": { bulk: { "@type": "g:Int64", "@value": 1 }, value } };
}
