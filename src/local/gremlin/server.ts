import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import type { Running } from "../running.ts";
import { answer } from "./answer.ts";
import { createGraph, type Graph } from "./graph.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot.ts";

export interface GremlinOptions {
  socketPath: string;
  /** Where the graph is kept between starts; without it, nowhere. */
  dataDirectory?: string;
  /** How long nothing must change before the graph is saved. */
  quietMs?: number;
  /** How many vertices and edges it holds at most. */
  maxElements?: number;
  /** Told what the user should know, such as a saved graph that cannot be read. */
  notice?: (text: string) => void;
}

const PATH = "/gremlin";
const REQUEST_LIMIT_BYTES = 16 * 1024 * 1024;
const MAX_ELEMENTS = 2_000_000;
const QUIET_MS = 2_000;

/**
 * The embedded Neptune: a graph in memory for the Gremlin driver, on a Unix socket. It takes GraphSON 3 bytecode over
 * WebSocket, and refuses by name the steps that it does not know.
 */
export async function startGremlin(options: GremlinOptions): Promise<Running> {
  const { socketPath, dataDirectory, quietMs = QUIET_MS, maxElements = MAX_ELEMENTS } = options;
  const { notice = (text) => void process.stderr.write(`${text}\n`) } = options;
  const graph = dataDirectory
    ? await loadSnapshot(dataDirectory, maxElements, notice)
    : createGraph(maxElements);
  const saver = dataDirectory ? keepSaved(graph, dataDirectory, quietMs, notice) : undefined;

  rmSync(socketPath, { force: true });
  const http = createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({
    server: http,
    path: PATH,
    maxPayload: REQUEST_LIMIT_BYTES,
  });
  sockets.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => {
      answer(data as Buffer, isBinary, graph, socket);
      saver?.changed();
    });
  });
  http.listen(socketPath);
  await once(http, "listening");
  chmodSync(socketPath, 0o600);
  return {
    close: async () => {
      const closed = once(http, "close");
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      http.close();
      http.closeAllConnections();
      await closed;
      saver?.close();
    },
  };
}

/** Saves the graph when it has changed and then been left alone for a while, and at the end. */
function keepSaved(
  graph: Graph,
  directory: string,
  quietMs: number,
  notice: (text: string) => void,
) {
  let saved = graph.changes();
  let timer: NodeJS.Timeout | undefined;
  const save = () => {
    clearTimeout(timer);
    if (graph.changes() === saved) return;
    saveSnapshot(graph, directory);
    saved = graph.changes();
  };
  const saveOrSay = () => {
    try {
      save();
    } catch (error) {
      // Tried again after the next change, and at the end.
      notice(`the graph could not be saved: ${error}`);
    }
  };
  return {
    changed: () => {
      clearTimeout(timer);
      if (graph.changes() !== saved) timer = setTimeout(saveOrSay, quietMs);
    },
    close: save,
  };
}
