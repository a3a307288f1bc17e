import { Argument, type Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import {
  down,
  followStackLogs,
  type MarketplaceStatus,
  reset,
  STORES,
  stackLogs,
  stackStatus,
  up,
} from "../operations/drive-stack.ts";
import { confirm } from "../output/prompt.ts";
import { safeText } from "../output/safe-text.ts";
import { renderTable } from "../output/table.ts";
import { duration, examples, positiveInteger } from "./parse.ts";

const TIMEOUT_MS = 60_000;

/** The commands that drive the local stack: up, down, status, logs, reset. */
export function registerStack(program: Command, mkt: Context): void {
  const store = () => new Argument("[store]", "one store only").choices(STORES);

  program
    .command("up")
    .summary("start the local stack")
    .description(
      "Start the local stack, or one store, and wait until it is healthy. Other commands start it by themselves.",
    )
    .addArgument(store())
    .option("--timeout <time>", "how long to wait", duration, TIMEOUT_MS)
    .addHelpText("after", examples("mkt up", "mkt up dynamo --timeout 10s"))
    .action(async (name, { timeout: timeoutMs }) => {
      mkt.print(await up({ store: name, timeoutMs }, mkt.ownDeps()), (status) =>
        statusText(status, mkt),
      );
    });

  program
    .command("down")
    .summary("stop the local stack")
    .description(
      "Stop the local stack and wait until no process of it is left; or take one store down until it is taken up again.",
    )
    .addArgument(store())
    .option("--timeout <time>", "how long to wait", duration, TIMEOUT_MS)
    .addHelpText("after", examples("mkt down", "mkt down neptune"))
    .action(async (name, { timeout: timeoutMs }) => {
      await down({ store: name, timeoutMs }, mkt.ownDeps());
      mkt.print({ down: name ?? "all" }, () =>
        name ? `${name} is down until mkt up ${name}` : "The local stack is down",
      );
    });

  program
    .command("status")
    .summary("show how the stores and the relay stand")
    .description(
      "Show the stores' state, process and size, and what the relay has set aside. Starts nothing.",
    )
    .addHelpText("after", examples("mkt status", "mkt status --json"))
    .action(async () =>
      mkt.print(await stackStatus(mkt.ownDeps()), (status) => statusText(status, mkt)),
    );

  program
    .command("logs")
    .summary("show the local stack's logs")
    .description("Show the last lines of the local stack's logs, or of one store's.")
    .addArgument(store())
    .option("--lines <n>", "how many of each", positiveInteger, 100)
    .option("--follow", "go on with what is written, until Ctrl-C")
    .addHelpText("after", examples("mkt logs", "mkt logs aurora --lines 1000", "mkt logs --follow"))
    .action(async (name, { lines, follow }) => {
      const items = await stackLogs({ store: name, lines }, mkt.ownDeps());
      mkt.print({ items, nextPageToken: null }, () =>
        items.length === 0
          ? "the local stack has not written any logs"
          : items.map(({ source, text }) => `${source}: ${safeText(text)}`).join("\n"),
      );
      if (!follow) return;
      const signal = mkt.stopping();
      for await (const { source, text } of followStackLogs(
        { store: name, signal },
        mkt.ownDeps(),
      )) {
        mkt.streams.stdout.write(`${source}: ${safeText(text)}\n`);
      }
    });

  program
    .command("reset")
    .summary("delete the local marketplace")
    .description("Stop the local stack and delete everything in it. Configuration stays.")
    .option("--timeout <time>", "how long to wait", duration, TIMEOUT_MS)
    .addHelpText("after", examples("mkt reset --yes"))
    .action(async ({ timeout: timeoutMs }) => {
      const { profile, home } = mkt.config();
      const question = `Delete everything in the marketplace of profile ${profile.name} (${home})?`;
      const { stdin, stderr } = mkt.streams;
      const { input, yes } = mkt.options();
      if (
        !(await confirm(question, { stdin, stderr, input: input !== false, yes: yes === true }))
      ) {
        throw new MktError("interrupted", "nothing was deleted");
      }
      await reset({ timeoutMs }, mkt.ownDeps());
      mkt.print(
        { reset: true },
        () => "The local marketplace is gone; the next command makes a new one",
      );
    });
}

function statusText({ supervisor, stores, relay }: MarketplaceStatus, mkt: Context): string {
  const table = renderTable(
    stores,
    [
      { key: "store", header: "STORE", value: ({ store }) => store },
      { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
      { key: "pid", header: "PID", kind: "number", value: ({ pid }) => pid },
      {
        key: "size",
        header: "SIZE",
        kind: "number",
        value: ({ dataBytes }) => `${(dataBytes / 1_048_576).toFixed(1)} MB`,
      },
      { key: "since", header: "SINCE", kind: "time", value: ({ since }) => since },
      { key: "reason", header: "", value: ({ reason }) => reason },
    ],
    mkt.terminal,
    { wide: false },
  );
  const lines = [
    table.trimEnd(),
    supervisor
      ? `worker: process ${supervisor.pid} since ${supervisor.since}`
      : "worker: not running",
  ];
  if (relay)
    lines.push(
      `relay: at position ${relay.position} of ${relay.lastPosition}, ${relay.pending} pending`,
    );
  for (const { eventId, type, subjectId, error, attempts } of relay?.setAside ?? []) {
    lines.push(
      `set aside: event ${eventId} (${type} of ${subjectId}), ${attempts} attempts: ${error}`,
    );
    lines.push(`           mkt relay --retry ${eventId}, or --skip ${eventId}`);
  }
  return lines.join("\n");
}
