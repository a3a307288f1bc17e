import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { orderRowsFrom, orderWay } from "../domain/order-path.ts";
import { statesOf, type Transition } from "../domain/transitions.ts";
import { MktError } from "../errors.ts";
import { readableOrder } from "./show-order.ts";
import { ORDER_STEPS, type StepContext, THING_STEPS } from "./trigger-steps.ts";

export interface TriggerRequest {
  actor: Actor;
  /** `order.STATE`, or one of what `triggers` lists. */
  what: string;
  order: string;
  /** Only say what would be done. */
  dryRun: boolean;
}

/** A step that was taken, or would be. */
export interface TriggeredStep {
  /** The state of the order before and after it. */
  from: string;
  to: string;
  event: string;
  how: string;
}

/** More steps than the longest way has mean that something else moves the order. */
const STEPS_LIMIT = 20;

/** Everything that can be triggered, and what it means. */
export function triggers(): { name: string; description: string }[] {
  const states = statesOf("order").filter((state) => state !== "reserved");
  return [
    ...states.map((state) => ({
      name: `order.${state}`,
      description: `the order comes to be ${state.replaceAll("_", " ")}`,
    })),
    ...Object.entries(THING_STEPS).map(([name, { title }]) => ({ name, description: title })),
  ];
}

/**
 * Walks an order along the shortest legal way to what is wanted, by the real operations and what the simulated
 * providers are told, and gives each step after it was taken. For operators, on the local profile. Throws
 * `illegal_transition` where no way leads there.
 */
export async function* trigger(
  { actor, what, order: text, dryRun }: TriggerRequest,
  deps: Deps,
): AsyncGenerator<TriggeredStep> {
  requireStaff(actor, "operator");
  if (!triggers().some(({ name }) => name === what)) throw unknownTrigger(what);
  const { id } = await readableOrder(actor, text, deps);
  // Real providers do not do what they are told: nothing is begun there.
  await deps.simulators.show();

  const last = THING_STEPS[what];
  if (last?.isDone(await contextOf(actor, id, deps))) return;
  const target = last?.orderState ?? what.replace("order.", "");
  if (dryRun) return yield* planned(what, target, await contextOf(actor, id, deps));
  for (let count = 0; count < STEPS_LIMIT; count += 1) {
    const context = await contextOf(actor, id, deps);
    const [row] = last?.isReady(context) ? [] : wayOf(what, target, context);
    if (row) {
      yield await take(row.event, stepOf(row), context, deps);
      continue;
    }
    if (last) yield await take(what, last, context, deps);
    return;
  }
  throw new MktError("conflict", `order ${id} does not stay where it is led`, {
    hint: `mkt order watch ${id}`,
  });
}

async function take(
  event: string,
  { how, act }: (typeof ORDER_STEPS)[string],
  context: StepContext,
  deps: Deps,
): Promise<TriggeredStep> {
  const { id, state: from } = context.order;
  const said = how(context);
  await act(context, deps);
  const to = (await deps.orders.find(id))?.state ?? from;
  if (to === from && ORDER_STEPS[event]) {
    throw new MktError("conflict", `${said}: order ${id} is ${from} all the same`, {
      hint: `mkt order why ${id}`,
    });
  }
  return { from, to, event, how: said };
}

function* planned(what: string, target: string, context: StepContext): Generator<TriggeredStep> {
  const last = THING_STEPS[what];
  let state = context.order.state;
  for (const row of last?.isReady(context) ? [] : wayOf(what, target, context)) {
    const { event, from, to } = row;
    const { how } = stepOf(row);
    yield { from: from ?? state, to, event, how: how(context) };
    state = to;
  }
  if (last) yield { from: state, to: state, event: what, how: last.how(context) };
}

async function contextOf(actor: Actor, id: string, deps: Deps): Promise<StepContext> {
  const [order, payments, shipments] = await Promise.all([
    readableOrder(actor, id, deps),
    deps.payments.ofOrder(id),
    deps.shipments.ofOrder(id),
  ]);
  return { actor, order, payments, shipment: shipments.at(-1) };
}

/** The way by what can be brought about here and now. */
function wayOf(what: string, target: string, context: StepContext): Transition[] {
  const { order, shipment } = context;
  const way = orderWay(order.state, target, (row) => {
    // A carrier scans a parcel before it delivers it; this row is for what it tells late.
    if (row.event === "deliver" && row.from === "paid") return false;
    if (!ORDER_STEPS[row.event]) return false;
    if (row.from !== order.state) return true;
    // What was lost or came back goes out as a new parcel first, unless its goods are for sale again.
    if (row.event === "deliver")
      return ["shipped", "not_delivered"].includes(shipment?.state ?? "");
    if (row.event === "send_again") return shipment?.restockedAt === null;
    return true;
  });
  if (way) return way;
  const { id, state } = order;
  const possible = orderRowsFrom(state).map(({ to }) => `order.${to}`);
  throw new MktError("illegal_transition", `order ${id} is ${state}: no way leads to ${what}`, {
    hint:
      possible.length > 0
        ? `possible from here: ${[...new Set(possible)].join(", ")}`
        : `${state} is final`,
  });
}

function stepOf(row: Transition): (typeof ORDER_STEPS)[string] {
  const step = ORDER_STEPS[row.event];
  if (!step) throw new Error(`nothing brings ${row.event} about`);
  return step;
}

function unknownTrigger(what: string): MktError {
  return new MktError("invalid", `${JSON.stringify(what)} cannot be triggered`, {
    hint: "mkt trigger --list",
  });
}
