import { request } from "node:http";
import { Hono } from "hono";
import * as z from "zod";
import { ERRORS, type ErrorCode, MktError } from "../errors.ts";
import { serveOnSocket } from "../providers/socket-server.ts";
import type { Running } from "./running.ts";
import { STORE_NAMES, type StoreName } from "./store-names.ts";

const statusSchema = z.object({
  /** The supervisor's process. */
  pid: z.number(),
  since: z.string(),
  stores: z.array(
    z.object({
      store: z.enum(STORE_NAMES),
      state: z.enum(["up", "down", "starting", "failed"]),
      pid: z.number().nullable(),
      since: z.string().nullable(),
      reason: z.string().nullable(),
      dataBytes: z.number(),
    }),
  ),
});

/** The state of a running stack. */
export type SupervisorStatus = z.infer<typeof statusSchema>;

/** What the supervisor does when it is asked through its socket. */
export interface Control {
  status(): Promise<SupervisorStatus>;
  ensure(store: StoreName): Promise<void>;
  up(store: StoreName | undefined): Promise<void>;
  down(store: StoreName): Promise<void>;
  /** From then on all requests are answered as if nobody were there. */
  isStopping(): boolean;
  /** Answers at once; the process ends when everything is stopped. */
  stop(): void;
}

const STOPPING = 503;
const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];
const failureSchema = z.object({
  error: z.object({ code: z.enum(codes), message: z.string(), hint: z.string().optional() }),
});
const storeQuery = z.enum(STORE_NAMES);

/** Listens on the control socket, which stands in a directory that only its user may enter. */
export function serveControl(socketPath: string, control: Control): Promise<Running> {
  const app = new Hono();
  app.use(async (c, next) => (control.isStopping() ? c.body(null, STOPPING) : next()));
  app.get("/status", async (c) => c.json(await control.status()));
  app.post("/ensure", async (c) => {
    await control.ensure(storeQuery.parse(c.req.query("store")));
    return c.body(null, 204);
  });
  app.post("/up", async (c) => {
    await control.up(storeQuery.optional().parse(c.req.query("store")));
    return c.body(null, 204);
  });
  app.post("/down", async (c) => {
    await control.down(storeQuery.parse(c.req.query("store")));
    return c.body(null, 204);
  });
  app.post("/stop", (c) => {
    control.stop();
    return c.body(null, 202);
  });
  app.onError((error, c) => {
    if (control.isStopping()) return c.body(null, STOPPING);
    const code = error instanceof MktError ? error.code : "unavailable";
    const hint = error instanceof MktError ? error.hint : "mkt logs shows what happened";
    return c.json({ error: { code, message: error.message, hint } }, 500);
  });
  return serveOnSocket(socketPath, app.fetch);
}

/**
 * The supervisor behind a control socket. Undefined instead of an answer when nobody listens there,
 * or when it stops before it answered; failures of an engine come back as they were thrown.
 */
export function controlClient(socketPath: string) {
  async function call(method: string, path: string, timeoutMs: number) {
    const answer = await send(socketPath, method, path, timeoutMs);
    if (answer === undefined || answer.status === STOPPING) return undefined;
    if (answer.status < 400) return answer.body;
    const { error } = failureSchema.parse(JSON.parse(answer.body));
    throw new MktError(error.code, error.message, error.hint ? { hint: error.hint } : {});
  }
  const order = async (path: string, timeoutMs: number) =>
    (await call("POST", path, timeoutMs)) !== undefined;
  return {
    status: async (timeoutMs: number): Promise<SupervisorStatus | undefined> => {
      const body = await call("GET", "/status", timeoutMs);
      return body === undefined ? undefined : statusSchema.parse(JSON.parse(body));
    },
    ensure: (store: StoreName, timeoutMs: number) => order(`/ensure?store=${store}`, timeoutMs),
    up: (store: StoreName | undefined, timeoutMs: number) =>
      order(store ? `/up?store=${store}` : "/up", timeoutMs),
    down: (store: StoreName, timeoutMs: number) => order(`/down?store=${store}`, timeoutMs),
    stop: (timeoutMs: number) => order("/stop", timeoutMs),
  };
}

const GONE = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"]);

function send(
  socketPath: string,
  method: string,
  path: string,
  timeoutMs: number,
): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", fail);
      response.on("end", () => resolve({ status: response.statusCode ?? 500, body }));
    });
    const timer = setTimeout(() => {
      call.destroy(
        new MktError("unavailable", "the local stack does not answer in time", {
          hint: "mkt status shows its state, mkt logs what happened",
        }),
      );
    }, timeoutMs);
    function fail(error: Error): void {
      if ("code" in error && GONE.has(String(error.code))) resolve(undefined);
      else reject(error);
    }
    call.on("error", fail);
    call.on("close", () => clearTimeout(timer));
    call.end();
  });
}
