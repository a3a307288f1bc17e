import { newId } from "../../src/domain/ids.ts";
import type { Machine } from "../../src/domain/transitions.ts";
import { answer, ask, deleteQuestion } from "../../src/operations/ask.ts";
import { changePublicationState } from "../../src/operations/change-publication.ts";
import type { Thing } from "./causes.ts";
import { DELIVER, FAIL, MEDIATE, PAY, play, SHIP, type StepName } from "./flows.ts";
import { reserve, type Shop } from "./shop.ts";

const CHARGED_BACK: readonly StepName[] = [
  ...DELIVER,
  "refund a part, undecided",
  "the bank takes back",
];
const NOT_IN_TIME: readonly StepName[] = ["its reservation ends"];

/** How an order comes to where it, or what belongs to it, stands so; the rest stands as it does there. */
const ORDERS: Partial<Record<Machine, Record<string, readonly StepName[]>>> = {
  order: {
    reserved: ["start paying"],
    paid: [...PAY, "ship"],
    shipped: SHIP,
    not_delivered: FAIL,
    delivered: DELIVER,
    completed: [...DELIVER, "nobody disputes it"],
    disputed: [...DELIVER, "dispute"],
    refunded: [...DELIVER, "refund"],
    cancelled: [...PAY, "ship", "cancel", "wait for the refund"],
    expired: ["start paying", "the provider cancels", ...NOT_IN_TIME],
  },
  // Its order stands where neither another payment may be made nor its parties may end it.
  payment: {
    created: ["pay in vain"],
    in_process: ["start paying"],
    authorized: ["start authorizing", "confirm"],
    approved: DELIVER,
    rejected: ["start paying", "the bank rejects", ...NOT_IN_TIME],
    cancelled: ["start paying", "the provider cancels", ...NOT_IN_TIME],
    partially_refunded: [...DELIVER, "refund a part"],
    refunded: [...DELIVER, "refund"],
    in_mediation: MEDIATE,
    charged_back: CHARGED_BACK,
  },
  refund: {
    requested: [...DELIVER, "refund unheard"],
    pending: [...DELIVER, "refund, undecided"],
    succeeded: [...DELIVER, "refund"],
    failed: ["pay, never to be refunded", "cancel", "wait for the refund"],
  },
  shipment: {
    pending: PAY,
    handling: [...PAY, "ship unheard"],
    ready_to_ship: [...PAY, "ship"],
    shipped: SHIP,
    delivered: DELIVER,
    not_delivered: FAIL,
    lost: [...SHIP, "the carrier loses it"],
    returned: [...FAIL, "the carrier returns it"],
    cancelled: [...PAY, "ship", "cancel", "wait for the refund"],
  },
  // After a month nothing is disputed again.
  dispute: {
    open: [...DELIVER, "dispute"],
    dismissed: [...DELIVER, "dispute", "dismiss", "a month passes"],
    partially_refunded: [...DELIVER, "dispute", "settle for a part", "a month passes"],
    refunded: [...DELIVER, "dispute", "settle for all"],
  },
};

const PUBLICATIONS: Record<string, readonly ("pause" | "resume" | "close")[]> = {
  active: [],
  paused: ["pause"],
  closed: ["close"],
};

const QUESTIONS: Record<string, (id: string, shop: Shop) => Promise<unknown>> = {
  unanswered: async () => undefined,
  answered: (question, { deps, seller }) =>
    answer({ actor: seller, question, answer: "40 cm" }, deps),
  deleted: (question, { deps, buyer }) => deleteQuestion({ actor: buyer, question }, deps),
  closed_unanswered: (question, { deps }) => deps.questions.closeUnanswered(question, deps.now()),
};

/** Brings a thing into a state by what really leads there. */
export async function bring(machine: Machine, state: string, shop: Shop): Promise<Thing> {
  const { market, deps, seller, buyer } = shop;
  const key = newId();
  const flow = ORDERS[machine]?.[state];
  if (flow) {
    const id = await reserve(shop, key);
    await play(flow, id, shop);
    return { id, key };
  }
  if (machine === "publication" && PUBLICATIONS[state]) {
    const { id } = await market.publication(seller, { externalId: key });
    for (const event of PUBLICATIONS[state])
      await changePublicationState({ actor: seller, publication: id, event }, deps);
    return { id, key };
  }
  if (machine === "question" && QUESTIONS[state]) {
    const { id: publication } = await market.publication(seller);
    const { id } = await ask({ actor: buyer, publication, text: "How tall?" }, deps);
    await QUESTIONS[state](id, shop);
    return { id, key };
  }
  throw new Error(`nothing here brings a ${machine} into the state ${state}`);
}
