import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { testDatabase } from "../../testing/aurora.ts";
import { connection, openPool, query } from "./client.ts";

/** A way to a server that carries nothing back once it is cut. */
async function cuttableWay(
  t: TestContext,
  { host, port }: { host: string; port: number },
): Promise<{ directory: string; cut(): void }> {
  const directory = await mkdtemp(join(tmpdir(), "mkt-test-"));
  const sockets: Socket[] = [];
  let isCut = false;
  const way = createServer((near) => {
    const far = host.startsWith("/")
      ? connect(join(host, `.s.PGSQL.${port}`))
      : connect({ host, port });
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on("error", () => undefined);
    near.pipe(far);
    far.on("data", (bytes) => {
      if (!isCut) near.write(bytes);
    });
  });
  way.listen(join(directory, `.s.PGSQL.${port}`));
  await once(way, "listening");
  t.onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    way.close();
    await rm(directory, { recursive: true });
  });
  const cut = () => {
    isCut = true;
  };
  return { directory, cut };
}

test("a server that falls silent is unavailable, not waited for without end", async (t) => {
  await using database = await testDatabase();
  const { aurora } = database.profile;
  const way = await cuttableWay(t, aurora);
  const config = connection({ ...aurora, host: way.directory }, "mkt_app");
  expect(config.query_timeout).toBeGreaterThan(Number(config.statement_timeout));
  const pool = openPool({ ...config, query_timeout: 300, max: 1 });
  t.onTestFinished(() => pool.end());
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  way.cut();
  await expect(query(() => pool.query("select 1"))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("Aurora"),
  });
});
