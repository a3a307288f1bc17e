import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "vitest";
import type { Engine } from "./engine.ts";
import { keeper } from "./keeper.ts";
import { end, identify, type ProcessIdentity, signal } from "./processes.ts";

/** An engine that is a process which does nothing, and takes its time to start. */
function idleEngine({ onTestFinished }: TestContext, trouble: { next?: Error } = {}) {
  const started: ProcessIdentity[] = [];
  const engine: Engine = {
    dataDirectory: undefined,
    start: async () => {
      if (trouble.next) throw trouble.next;
      const child = spawn(process.execPath, [
        "-e",
        "setInterval(() => 0, 1000); console.log('up')",
      ]);
      const identity = identify(child.pid ?? 0);
      if (!identity) throw new Error("no process");
      started.push(identity);
      await once(child.stdout, "data");
      return {
        process: identity,
        close: async () => void (await end(identity, ["SIGKILL"], 5_000)),
      };
    },
  };
  onTestFinished(async () => {
    for (const identity of started) await end(identity, ["SIGKILL"], 5_000);
  });
  return { engine, started };
}

const quiet = { downOnPurpose: false, log: () => undefined };

test("all who need an engine share one start", async (t) => {
  const { engine, started } = idleEngine(t);
  const kept = keeper("aurora", engine, quiet);
  await Promise.all([kept.ensure(), kept.check(), kept.ensure(), kept.up()]);
  t.expect(started).toHaveLength(1);
  t.expect(kept.status()).toMatchObject({ state: "up", pid: started[0]?.pid, reason: null });
});

test("starts an engine that died, when it is needed or when it is looked after", async (t) => {
  const { engine, started } = idleEngine(t);
  const kept = keeper("aurora", engine, quiet);
  for (const revive of [kept.ensure, kept.check, kept.ensure]) {
    await revive();
    t.expect(kept.status().state).toBe("up");
    const last = started.at(-1);
    if (last) signal(last, "SIGKILL");
    await t.expect.poll(() => kept.status().state).toBe("failed");
  }
  t.expect(started).toHaveLength(3);
});

test("down waits for the start before it, and keeps the engine down", async (t) => {
  const { engine, started } = idleEngine(t);
  const kept = keeper("neptune", engine, quiet);
  const ensured = kept.ensure();
  await t.expect.poll(() => started.length).toBe(1);
  t.expect(kept.status().state).toBe("starting");
  await kept.down();
  await ensured;
  t.expect(started.map(({ pid }) => identify(pid))).toEqual([undefined]);
  await kept.check();
  t.expect(kept.status().state).toBe("down");
  await t.expect(kept.ensure()).rejects.toMatchObject({
    code: "unavailable",
    message: "Neptune is down in the local stack",
  });
});

test("the last word counts when an engine is taken down and up at once", async (t) => {
  const { engine } = idleEngine(t);
  const kept = keeper("s3", engine, quiet);
  await kept.up();
  await Promise.all([kept.down(), kept.up()]);
  await kept.check();
  t.expect(kept.status().state).toBe("up");
});

test("tells why an engine failed, leaves it alone for a while, but tries when it is needed", async (t) => {
  const trouble: { next?: Error } = { next: new Error("no room on the disk") };
  const { engine, started } = idleEngine(t, trouble);
  const kept = keeper("dynamo", engine, quiet);
  await t.expect(kept.ensure()).rejects.toThrow("no room on the disk");
  t.expect(kept.status()).toMatchObject({ state: "failed", reason: "no room on the disk" });
  delete trouble.next;
  await kept.check();
  t.expect(started).toHaveLength(0);
  await kept.ensure();
  t.expect(kept.status()).toMatchObject({ state: "up", reason: null });
});
