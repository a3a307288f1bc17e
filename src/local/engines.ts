import { join } from "node:path";
import type { Config, Endpoint } from "../config.ts";
import type { Engine } from "./engine.ts";
import { identify } from "./processes.ts";
import type { Running } from "./running.ts";
import { dataDirectory, graphPidFile } from "./stack-files.ts";
import type { StoreName } from "./store-names.ts";
import type { SelfCommand } from "./worker-command.ts";

/** Every engine of the embedded stack, for one `MKT_HOME`; each is loaded when it is first started. */
export function localEngines(
  config: Config,
  self: SelfCommand,
  log: (text: string) => void,
): Record<StoreName, Engine> {
  const { home, local, profile, simulator } = config;
  const directory = (name: StoreName) => dataDirectory(config, name);
  const inProcess = (name: StoreName, start: () => Promise<Running>): Engine => ({
    dataDirectory: directory(name),
    start: async () => ({ ...(await start()), process: ourselves() }),
  });
  const provider = (name: "payments" | "shipping") => ({
    socketPath: socketOf(profile[name].endpoint),
    dataDirectory: directory(name),
    apiKey: profile[name].apiKey,
    webhook: {
      endpoint: { socketPath: local.webhookSocket },
      secret: profile[name].webhookSecret,
    },
  });
  return {
    aurora: {
      dataDirectory: directory("aurora"),
      start: async () => {
        const { startPostgres } = await import("./postgres.ts");
        return startPostgres({
          home,
          dataDirectory: directory("aurora"),
          socketDirectory: local.auroraRun,
          logFile: join(local.logs, "aurora.log"),
          progress: log,
        });
      },
    },
    dynamo: inProcess("dynamo", async () => {
      const { startDynamo } = await import("./dynamo.ts");
      return startDynamo({
        socketPath: socketOf(profile.dynamo.endpoint),
        dataDirectory: directory("dynamo"),
      });
    }),
    s3: inProcess("s3", async () => {
      const { startS3 } = await import("./s3.ts");
      return startS3({
        socketPath: socketOf(profile.s3.endpoint),
        dataDirectory: directory("s3"),
        accessKeyId: profile.s3.accessKeyId ?? "",
        secretAccessKey: profile.s3.secretAccessKey ?? "",
        region: profile.s3.region,
      });
    }),
    neptune: {
      dataDirectory: directory("neptune"),
      start: async () => {
        const { startGraphProcess } = await import("./graph-process.ts");
        return startGraphProcess({
          self,
          home,
          logFile: join(local.logs, "neptune.log"),
          pidFile: graphPidFile(config),
        });
      },
    },
    payments: inProcess("payments", async () => {
      const { startPaymentSimulator } = await import("../providers/payments/simulator.ts");
      return startPaymentSimulator({ ...provider("payments"), settleMs: simulator.paymentMs });
    }),
    shipping: inProcess("shipping", async () => {
      const { startShippingSimulator } = await import("../providers/shipping/simulator.ts");
      return startShippingSimulator({ ...provider("shipping"), ...simulator });
    }),
  };
}

function ourselves() {
  const found = identify(process.pid);
  if (!found) throw new Error("this process cannot find itself");
  return found;
}

function socketOf(endpoint: Endpoint | undefined): string {
  if (endpoint && "socketPath" in endpoint) return endpoint.socketPath;
  throw new Error("the embedded stack listens on Unix sockets only");
}
