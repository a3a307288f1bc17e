import { rename } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { type TestContext, test } from "vitest";
import type { Actor } from "../src/domain/actor.ts";
import { buy } from "../src/operations/buy.ts";
import { pay } from "../src/operations/pay.ts";
import { ship } from "../src/operations/ship.ts";
import { connection } from "../src/stores/aurora/client.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";
import { type Program, programOn } from "../src/testing/program.ts";

const TIMEOUT_MS = 240_000;
const PROVIDERS = ["payments", "shipping"] as const;
/** No command here calls its providers more often. */
const CALLS_LIMIT = 12;

/**
 * Where a command is killed around one call to a provider: before the provider hears of it, before its
 * answer is heard, and while the transaction that follows waits for the order's row.
 */
const PHASES = ["unheard", "unanswered", "unwritten"] as const;
type Phase = (typeof PHASES)[number];

/** What happens to the nth request from now on. */
interface Trap {
  nth: number;
  beforeRequest?: () => Promise<void>;
  beforeAnswer?: () => Promise<void>;
}

interface Gate {
  arm(trap: Trap | undefined): void;
}

/** Stands between the program and its providers, at their own sockets. */
async function gateBefore(t: TestContext, { config }: Marketplace): Promise<Gate> {
  let trap: Trap | undefined;
  let seen = 0;
  for (const name of PROVIDERS) {
    const path = join(config.home, `${name}.sock`);
    await rename(path, `${path}.real`);
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(`${path}.real`);
      let trapped: Trap | undefined;
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          client.destroy();
          upstream.destroy();
        });
      }
      client.on("data", async (bytes) => {
        if (/^(?:GET|POST|PUT) /.test(bytes.toString("latin1", 0, 5))) {
          seen += 1;
          trapped = trap?.nth === seen ? trap : undefined;
          await trapped?.beforeRequest?.();
        }
        upstream.write(bytes);
      });
      upstream.on("data", async (bytes) => {
        await trapped?.beforeAnswer?.();
        client.write(bytes);
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rename(`${path}.real`, path);
    });
  }
  return {
    arm(next) {
      seen = 0;
      trap = next;
    },
  };
}

interface Sale {
  orderId: string;
  paymentId: string;
}

type Start = "reserved" | "paid" | "labelled";

interface Scene {
  market: Marketplace;
  program: Program;
  gate: Gate;
  admin: pg.Client;
  /** A new order of one lamp, brought as far as this. */
  sale(until: Start): Promise<Sale>;
}

async function setScene(t: TestContext): Promise<Scene> {
  // Parcels stay where they are, so that an order can be cancelled after its label was bought.
  const times = { settleMs: 0, pickupMs: 86_400_000, deliveryMs: 86_400_000 };
  const market = await testMarketplace(t, { times });
  const { deps } = market;
  const operator = await market.user("operator", "operator");
  const seller: Actor = await market.user("ana");
  const buyer: Actor = await market.user("beto");
  const lamp = await market.publication(seller, { stock: 1_000 });
  await market.relay();
  const program = await programOn(t, market, operator);
  const gate = await gateBefore(t, market);
  const { aurora } = market.config.profile;
  const admin = new pg.Client(connection(aurora, aurora.adminRole));
  await admin.connect();
  t.onTestFinished(() => admin.end());
  let bought = 0;
  return {
    market,
    program,
    gate,
    admin,
    async sale(until) {
      bought += 1;
      const wanted = [{ publication: lamp.id, quantity: 1 }];
      const request = { actor: buyer, key: `sale ${bought}`, wanted, shipTo: null };
      const orderId = (await buy(request, deps)).orders[0]?.id ?? "";
      if (until === "reserved") return { orderId, paymentId: "" };
      const card = { actor: buyer, target: orderId, card: "tok_approved", waitMs: 10_000 };
      const [payment] = await pay(card, deps);
      if (until === "labelled") await ship({ actor: seller, order: orderId }, deps);
      return { orderId, paymentId: payment?.id ?? "" };
    },
  };
}

/** Kills the command at the nth call to a provider; says whether it came so far. */
async function killAt(
  { program, gate, admin }: Scene,
  argv: readonly string[],
  { orderId, nth, phase }: { orderId: string; nth: number; phase: Phase },
): Promise<boolean> {
  let reach = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const forEver = () => new Promise<void>(() => undefined);
  const stop = () => {
    reach();
    return forEver();
  };
  const lockRow = async () => {
    await admin.query("begin");
    await admin.query('select from "order" where id = $1 for update', [orderId]);
    reach();
  };
  gate.arm({
    nth,
    ...(phase === "unheard" && { beforeRequest: stop }),
    ...(phase === "unanswered" && { beforeAnswer: stop }),
    ...(phase === "unwritten" && { beforeAnswer: once(lockRow) }),
  });
  const { child, outcome } = program.start(argv);
  let ended = false;
  const end = outcome.then(() => {
    ended = true;
  });
  await Promise.race([reached, end]);
  const came = !ended;
  while (phase === "unwritten" && !ended) {
    const waiting = await admin.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (waiting.rowCount) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill("SIGKILL");
  await end;
  gate.arm(undefined);
  await admin.query("rollback");
  return came;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/** The order is in one of these states, and its providers did everything at most once. */
async function isSound(
  t: TestContext,
  { market: { deps }, admin }: Scene,
  { orderId }: Sale,
  states: readonly string[],
  where: string,
): Promise<void> {
  const order = await deps.orders.find(orderId);
  t.expect(states, where).toContain(order?.state);
  const payments = await deps.payments.ofOrder(orderId);
  const theirs = await Promise.all(
    payments.map(
      async ({ id, providerId }) =>
        (providerId && (await deps.paymentProvider.getPayment(providerId))) ||
        (await deps.paymentProvider.findByKey(id)),
    ),
  );
  const capturedMinor = theirs.reduce((sum, one) => sum + (one ? one.capturedMinor : 0), 0);
  t.expect(capturedMinor, where).toBe(order?.state === "reserved" ? 0 : order?.totalMinor);
  const refunds = await deps.payments.refundsOf(payments.map(({ id }) => id));
  const givenMinor = refunds
    .filter(({ state }) => state === "succeeded" || state === "pending")
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const theirRefunds = theirs.reduce((sum, one) => sum + (one ? one.refundedMinor : 0), 0);
  t.expect(theirRefunds, where).toBeLessThanOrEqual(givenMinor);
  if (order?.state === "cancelled") t.expect(givenMinor, where).toBe(order.totalMinor);
  const shipments = await deps.shipments.ofOrder(orderId);
  const labels = shipments.filter(({ providerId }) => providerId !== null);
  t.expect(labels.length, where).toBeLessThanOrEqual(1);
  if (order?.state === "cancelled") {
    for (const { providerId } of labels) {
      const label = await deps.shippingProvider.getShipment(providerId ?? "");
      t.expect(label.state, where).toBe("cancelled");
    }
  }
  const { rows } = await admin.query(
    "select coalesce(sum(amount_minor), 0)::text as sum from ledger_entry",
  );
  t.expect(rows, where).toEqual([{ sum: "0" }]);
}

interface Command {
  from: Start;
  argv: (sale: Sale) => string[];
  /** Where the order may be after a crash and `reconcile`; the last is where the repeated command leads. */
  ends: string[];
}

const COMMANDS: Record<string, Command> = {
  pay: {
    from: "reserved",
    argv: ({ orderId }) => ["pay", orderId, "--card", "tok_approved", "--as", "beto@example.com"],
    ends: ["reserved", "paid"],
  },
  ship: {
    from: "paid",
    argv: ({ orderId }) => ["ship", orderId, "--as", "ana@example.com"],
    ends: ["paid"],
  },
  refund: {
    from: "paid",
    argv: ({ paymentId }) => [
      ...["payment", "refund", paymentId, "--amount", "1.00", "--key", "once"],
    ],
    ends: ["paid"],
  },
  cancel: {
    from: "labelled",
    argv: ({ orderId }) => ["order", "cancel", orderId, "--as", "beto@example.com"],
    ends: ["paid", "cancelled"],
  },
};

test.for(Object.entries(COMMANDS))(
  "%s, killed at every point around every call to a provider",
  { timeout: TIMEOUT_MS },
  async ([name, { from, argv, ends }], t) => {
    const scene = await setScene(t);
    const { program } = scene;
    let kills = 0;
    for (let nth = 1; nth <= CALLS_LIMIT; nth += 1) {
      let came = false;
      for (const phase of PHASES) {
        const where = `${name}, call ${nth}, ${phase}`;
        const sale = await scene.sale(from);
        const { orderId } = sale;
        if (!(await killAt(scene, argv(sale), { orderId, nth, phase }))) continue;
        came = true;
        kills += 1;
        t.expect(await program.run(["reconcile"]), where).toMatchObject({ exitCode: 0 });
        const between = await scene.market.deps.orders.find(orderId);
        const legal = between?.state === "reserved" ? ["reserved"] : ends;
        await isSound(t, scene, sale, legal, where);

        t.expect(await program.run(argv(sale)), where).toMatchObject({ exitCode: 0 });
        t.expect(await program.run(["reconcile"]), where).toMatchObject({ exitCode: 0 });
        await isSound(t, scene, sale, ends.slice(-1), where);
      }
      if (!came) break;
    }
    // A command that calls nobody would be killed nowhere.
    t.expect(kills).toBeGreaterThanOrEqual(PHASES.length);
    t.expect(await program.run(["doctor"])).toMatchObject({ exitCode: 0 });
  },
);
