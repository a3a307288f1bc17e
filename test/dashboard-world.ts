import { type Deps, openDeps } from "../src/deps.ts";
import type { Actor } from "../src/domain/actor.ts";
import { newId } from "../src/domain/ids.ts";
import { ask } from "../src/operations/ask.ts";
import { buy as buyAll } from "../src/operations/buy.ts";
import { pay } from "../src/operations/pay.ts";
import { refundPayment } from "../src/operations/refund-payment.ts";
import { resolveUser } from "../src/operations/resolve-user.ts";
import { trigger } from "../src/operations/trigger.ts";
import { openAurora } from "../src/stores/aurora/client.ts";
import type { LocalStack } from "../src/testing/local-stack.ts";

/** Eleven days: beyond all that happens here. */
const NEVER_MS = 999_999_999;
/** What a stack has to be started with for this world: its carrier moves no parcel unless it is told to. */
export const STILL_CARRIER = {
  MKT_SIMULATOR_PICKUP_MS: `${NEVER_MS}`,
  MKT_SIMULATOR_DELIVERY_MS: `${NEVER_MS}`,
} as const;

/** A marketplace in which every queue of the dashboard has something, by the ids of what waits. */
export interface DashboardWorld {
  /** Acts for the marketplace. */
  staff: string;
  publication: string;
  /** Paid long ago, and never given to a carrier. */
  stuck: string;
  late: string;
  notDelivered: string;
  disputed: string;
  delivered: string;
  /** Its payment waits for its buyer. */
  paying: string;
  /** Paid just now. */
  dispatch: string[];
  questions: string[];
  /** A message of the payment provider on which nobody could act. */
  webhook: string;
}

/** Makes it by what its users do, beside a seeded history. */
export async function dashboardWorld(stack: LocalStack): Promise<DashboardWorld> {
  const { deps, close } = openDeps(stack.config, { notice: () => undefined });
  try {
    return await filled(stack, deps);
  } finally {
    await close();
  }
}

async function filled(stack: LocalStack, deps: Deps): Promise<DashboardWorld> {
  const { json, register } = stack;
  const [ana, carla, staff] = [
    await register("ana"),
    await register("carla"),
    await register("sol"),
  ];
  await json(["user", "grant", staff, "operator"]);
  const { id: publication } = await json<{ id: string }>([
    ...["publish", "--title", "Reading lamp 読書灯", "--price", "25400.00", "--stock", "90"],
    ...["--category", "Lighting", "--create-categories", "--as", ana],
  ]);
  const acting = async (email: string): Promise<Actor> => {
    const { id: userId, roles } = await resolveUser(email, deps);
    return { userId, roles, operatorId: null };
  };
  const [buyer, operator] = [await acting(carla), await acting(staff)];
  const buy = async () => {
    const wanted = [{ publication, quantity: 1 }];
    const asked = { actor: buyer, key: newId(), wanted, shipTo: null };
    return (await buyAll(asked, deps)).orders[0]?.id ?? "";
  };
  const paid = async (card = "tok_approved") => {
    const order = await buy();
    const [payment] = await pay({ actor: buyer, target: order, card, waitMs: 5_000 }, deps);
    return { order, payment: payment?.id ?? "" };
  };
  const led = async (what: string, card?: string) => {
    const { order, payment } = await paid(card);
    for await (const _ of trigger({ actor: operator, what, order, dryRun: false }, deps));
    return { order, payment };
  };

  // A history that ends now, in real time: what is bought here comes after it.
  await json([
    ...["seed", "--seed", "7", "--users", "40", "--publications", "60", "--orders", "400"],
    ...["--days", "60", "--until", new Date().toISOString(), "--direct"],
  ]);
  const { order: stuck } = await paid();
  const { order: late } = await led("order.shipped");
  // Beyond the slowest promise, and before orders that nobody sends are cancelled.
  await json(["clock", "advance", "6d6h"]);
  await deps.marketClock.refresh();

  const { order: notDelivered } = await led("order.not_delivered");
  const { order: delivered } = await led("order.delivered");
  const { order: disputed } = await led("order.delivered");
  const note = ["--note", "Pine, not oak", "--as", carla];
  await json(["dispute", "open", disputed, "--not-as-described", ...note]);
  const { order: reviewed } = await led("order.delivered");
  await json([
    "review",
    reviewed,
    "--conforms",
    "--rating",
    "5",
    "--text",
    "暖かい",
    "--as",
    carla,
  ]);
  const { payment } = await led("order.delivered", "tok_refund_fails");
  const part = { amount: "400.00", reason: "a scratch", key: newId() };
  await refundPayment({ actor: operator, payment, ...part }, deps);
  const { order: paying } = await paid("tok_second_step");
  const dispatch: string[] = [];
  for (let count = 0; count < 3; count += 1) dispatch.push((await paid()).order);
  const questions: string[] = [];
  for (const text of ["Is it 明るい enough to read by?", "Does it take E27 bulbs?", "In green?"])
    questions.push((await ask({ actor: buyer, publication, text }, deps)).id);

  // Nobody hears of what happens at the provider for a moment.
  await json(["simulator", "set", "--lose", "1"]);
  await paid();
  const webhook = await failedWebhook(stack);
  await json(["simulator", "reset"]);
  await json(["relay"]);
  return {
    ...{ staff, publication, stuck, late, notDelivered, disputed, delivered, paying, dispatch },
    ...{ questions, webhook },
  };
}

/**
 * A message about a payment, as it stands after it was tried in vain until it was left to people. Trying so often takes
 * hours: it is written as they would have left it.
 */
async function failedWebhook({ config, json }: LocalStack): Promise<string> {
  const { items } = await json<{
    items: { id: string; type: string; objectId: string; createdAt: string }[];
  }>(["webhook", "list", "--missing"]);
  const told = items.find(({ type }) => type === "payment.approved");
  if (!told) throw new Error("no message of an approved payment was lost");
  const { id: providerEventId, type, objectId, createdAt } = told;
  const id = newId();
  const db = openAurora(config.profile);
  try {
    const body = {
      id: providerEventId,
      type,
      createdAt,
      data: { object: "payment", id: objectId },
    };
    await db
      .insertInto("webhook")
      .values({
        ...{ id, provider: "payments", providerEventId, body: JSON.stringify(body) },
        ...{ state: "failed", reason: "the answer made no sense", attempts: 20 },
        ...{ receivedAt: new Date().toISOString(), doneAt: null },
      })
      .execute();
  } finally {
    await db.destroy();
  }
  return id;
}
