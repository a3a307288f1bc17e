import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import type { Config, Profile } from "../config.ts";
import { type Deps, openDeps } from "../deps.ts";
import type { Actor, StaffRole } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import type { PublicationPage } from "../domain/publication.ts";
import { categoriesNamed } from "../operations/manage-categories.ts";
import { type ClockMoved, moveClock } from "../operations/move-clock.ts";
import { type Draft, publish } from "../operations/publish.ts";
import { processWebhooks, receiveWebhook } from "../operations/receive-webhook.ts";
import { relay } from "../operations/relay.ts";
import { startPaymentSimulator } from "../providers/payments/simulator.ts";
import { startShippingSimulator } from "../providers/shipping/simulator.ts";
import { testDatabase } from "./aurora.ts";
import { testDynamoConfig } from "./dynamo.ts";
import { testGraphUrl } from "./neptune.ts";
import { testS3Config } from "./s3.ts";

/** A marketplace of a test's own: real stores, simulated providers, and the worker's work by hand. */
export interface Marketplace {
  deps: Deps;
  config: Config;
  /** What the marketplace said on stderr. */
  notices: string[];
  /** A user without a password that anybody knows. */
  user(name: string, ...roles: StaffRole[]): Promise<Actor>;
  publication(seller: Actor, draft?: Partial<Draft>): Promise<PublicationPage>;
  /** Acts on webhooks until this is true; fails after ten seconds. */
  until(condition: () => Promise<boolean>): Promise<void>;
  /** Moves the marketplace's clock as `mkt clock advance` does, the simulators' and all timers with it. */
  advance(by: { days?: number; hours?: number; minutes?: number }): Promise<ClockMoved>;
  /** Relays what is pending. */
  relay(): ReturnType<typeof relay>;
}

/** `silenceMs`: how long a charge that shall not be answered leaves its caller waiting. */
const TIMES = { settleMs: 5, pickupMs: 20, deliveryMs: 40, silenceMs: 30_000 };
const WAIT_MS = 10_000;
const SECRET = "a secret of tests only";

export async function testMarketplace(
  t: TestContext,
  { times: own, ...options }: { now?: () => string; times?: Partial<typeof TIMES> } = {},
): Promise<Marketplace> {
  const times = { ...TIMES, ...own };
  const home = await mkdtemp(join(tmpdir(), "mkt-test-"));
  const database = await testDatabase();
  const socket = (name: string) => ({ socketPath: join(home, `${name}.sock`) });
  const provider = (name: string) => ({
    endpoint: socket(name),
    apiKey: SECRET,
    webhookSecret: SECRET,
  });
  const profile: Profile = {
    ...database.profile,
    dynamo: await testDynamoConfig(),
    s3: await testS3Config(),
    neptune: { url: await testGraphUrl() },
    payments: provider("payments"),
    shipping: provider("shipping"),
  };
  const config: Config = {
    home,
    sessionFile: join(home, "session.json"),
    profile,
    local: {
      data: join(home, "local"),
      logs: join(home, "logs"),
      run: home,
      auroraRun: home,
      stackSocket: join(home, "stack.sock"),
      webhookSocket: join(home, "webhooks.sock"),
    },
    simulator: {
      paymentMs: times.settleMs,
      pickupMs: times.pickupMs,
      deliveryMs: times.deliveryMs,
    },
  };
  const notices: string[] = [];
  const { deps, close } = openDeps(config, {
    notice: (text) => notices.push(text),
    hasMovableClock: true,
    ...options,
  });
  await deps.schema.ensureTable();
  await deps.schema.ensureBucket();

  const receiver = await deps.webhookReceiver.start({
    handle: (delivery) => receiveWebhook(delivery, deps),
  });
  const shared = {
    apiKey: SECRET,
    webhook: { endpoint: { socketPath: config.local.webhookSocket }, secret: SECRET },
    ...times,
  };
  const simulators = [
    await startPaymentSimulator({
      ...shared,
      ...socket("payments"),
      dataDirectory: join(home, "payments"),
    }),
    await startShippingSimulator({
      ...shared,
      ...socket("shipping"),
      dataDirectory: join(home, "shipping"),
    }),
  ];
  t.onTestFinished(async () => {
    for (const simulator of simulators) await simulator.close();
    await receiver.close();
    await close();
    await database[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });

  const user = async (name: string, ...roles: StaffRole[]): Promise<Actor> => {
    const id = newId();
    const email = `${name}@example.com`;
    const createdAt = deps.now();
    const row = {
      id,
      email,
      emailFolded: email,
      name,
      address: `${name}'s street 1`,
      passwordHash: "-",
      createdAt,
    };
    await deps.users.register(row, `user:${id}`, roles);
    return { userId: id, roles, operatorId: null };
  };
  let keeper: Promise<Actor> | undefined;

  return {
    deps,
    config,
    notices,
    user,
    advance: async ({ days = 0, hours = 0, minutes = 0 }) => {
      keeper ??= user("clock-keeper", "operator");
      const byMs = Math.round(((days * 24 + hours) * 60 + minutes) * 60_000);
      return moveClock({ actor: await keeper, byMs }, deps);
    },
    publication: async (seller, draft = {}) => {
      const whole: Draft = {
        title: "Lamp",
        description: "A lamp for reading",
        keywords: "",
        language: "en",
        priceMinor: 2_500,
        currency: "ARS",
        stock: 10,
        categories: ["Lighting"],
        images: [],
        externalId: null,
        ...draft,
      };
      await categoriesNamed(whole.categories, { create: true, actor: seller }, deps);
      return publish({ actor: seller, draft: whole, createCategories: false }, deps);
    },
    until: async (condition) => {
      const deadline = Date.now() + WAIT_MS;
      while (!(await condition())) {
        if (Date.now() > deadline) throw new Error("what the test waits for did not happen");
        if ((await processWebhooks(deps)) === 0)
          await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    relay: () => relay(deps),
  };
}
