import { formatMinor } from "../../domain/money.ts";
import { stuckFrom } from "../../domain/stuck.ts";
import { explainOrder, type OrderOutlook } from "../../operations/explain-order.ts";
import { type ListedWebhook, listWebhooks } from "../../operations/list-webhooks.ts";
import { type OrderStory, showOrder } from "../../operations/show-order.ts";
import { moment, timesIn } from "../ages.ts";
import { type Line, type Span, tone, wrap } from "../lines.ts";
import type { Reach, ScreenDetail, View } from "../screen.ts";
import { orderActions } from "./order-actions.ts";
import { stateTone, stuckText, words } from "./order-words.ts";

/** Everything about one order: what happened, what can happen, and what providers told of it in vain. */
export interface OrderDetail {
  story: OrderStory;
  outlook: OrderOutlook;
  failedWebhooks: ListedWebhook[];
  timeZone: string;
}

const LABEL = 10;
const WEBHOOKS = 100;

/** The story of an order, for every screen whose rows belong to one. */
export const ORDER_DETAIL: ScreenDetail<{ id: string }, OrderDetail> = {
  subject: ({ id }) => id,
  load: loadOrder,
  lines: storyLines,
  actions: orderActions,
};

/** Reads all about an order that is named by its id. */
export async function loadOrder(order: string, { deps, actor }: Reach): Promise<OrderDetail> {
  const [story, outlook, failed] = await Promise.all([
    showOrder({ actor, order }, deps),
    explainOrder({ actor, order }, deps),
    listWebhooks({ actor, limit: WEBHOOKS, state: "failed" }, deps),
  ]);
  const known = [...story.payments, ...story.shipments].map(({ providerId }) => providerId);
  const failedWebhooks = failed.items.filter(
    ({ objectId }) => objectId !== null && known.includes(objectId),
  );
  return { story, outlook, failedWebhooks, timeZone: deps.profile.timeZone };
}

/** The story from what matters now to what happened first. */
export function storyLines(detail: OrderDetail, view: View): Line[] {
  const { story } = detail;
  const open = story.payments.some(({ state }) =>
    ["created", "in_process", "authorized"].includes(state),
  );
  const from = stuckFrom({ ...story, isPaying: story.state === "reserved" && open });
  const stuck = stuckText(
    { ...story, stuckSince: from && from < view.now ? from : null },
    view.now,
  );
  return [
    [tone(story.id, "bold")],
    [
      tone(words(story.state), stateTone(story.state), "bold"),
      stuck ? tone(`  ${stuck}`, "red") : "",
    ],
    ...(story.flags.length > 0 ? row("flags", story.flags.join(", "), view) : []),
    // What has to be decided comes before what can be.
    ...disputeLines(story, "open", view),
    [],
    ...outlookLines(detail, view),
    ...moneyLines(story, view),
    ...parcelLines(detail, view),
    ...talkLines(detail, view),
    ...timeline(detail, view),
  ];
}

/** A label and a text, in as many lines as it takes. */
function row(
  label: string,
  text: string,
  { columns }: View,
  ...looks: Parameters<typeof tone>[1][]
): Line[] {
  return wrap(text, columns - LABEL - 1).map((line, index): Line => {
    const name: Span = tone((index === 0 ? label : "").padEnd(LABEL), "dim");
    return [name, " ", looks.length > 0 ? tone(line, ...looks) : line];
  });
}

/** What can happen now, and what blocks the rest. */
function outlookLines({ outlook, failedWebhooks, timeZone }: OrderDetail, view: View): Line[] {
  const { transitions, ended } = outlook;
  const possible = transitions.filter(({ possible: can }) => can);
  const blocked = transitions.filter(({ possible: can }) => !can);
  const title = ({ machine, event }: (typeof transitions)[number]) =>
    machine === "order" ? words(event) : `${words(event)} ${machine}`;
  // A step of the order and one of its dispute may be called the same.
  const can = [...new Set(possible.map(title))];
  const byItself = transitions.flatMap((one) => {
    return one.dueAt && one.possible
      ? row("by itself", `${title(one)} at ${moment(one.dueAt, timeZone)}`, view)
      : [];
  });
  return [
    ...(can.length > 0 ? row("can", can.join(", "), view, "green") : []),
    ...byItself,
    ...blocked.flatMap((one) => {
      const why = timesIn(one.blockedBy ?? "", timeZone);
      return row("blocked", `${title(one)}: ${why}`, view, "yellow");
    }),
    ...(ended ? row("ended", `${words(ended.event)} by ${ended.actor}`, view) : []),
    ...failedWebhooks.flatMap(({ type, reason }) =>
      row("webhook", `failed: ${type ?? "unknown"} ${reason ?? ""}`, view, "red"),
    ),
    [],
  ];
}

function moneyLines(story: OrderStory, view: View): Line[] {
  const money = (minor: number) => formatMinor(minor, story.currency);
  const party = (who: OrderStory["buyer"]) => (who ? `${who.name} <${who.email}>` : "nobody");
  return [
    ...row("buyer", party(story.buyer), view),
    ...row("seller", party(story.seller), view),
    ...story.lines.flatMap(({ quantity, title, publicationId, unitPriceMinor }) =>
      row("line", `${quantity} × ${title ?? publicationId} at ${money(unitPriceMinor)}`, view),
    ),
    ...row(
      "total",
      `${money(story.totalMinor)} = ${money(story.linesMinor)} + shipping ${money(story.shippingMinor)}; fee ${money(story.feeMinor)}`,
      view,
    ),
    ...story.payments.flatMap((payment) => [
      ...row(
        "payment",
        `${words(payment.state)} ${money(payment.amountMinor)}${cardText(payment)}${payment.reason ? `: ${words(payment.reason)}` : ""}`,
        view,
      ),
      ...payment.refunds.flatMap((refund) =>
        row(
          "refund",
          `${words(refund.state)} ${money(refund.amountMinor)}: ${refund.reason}`,
          view,
        ),
      ),
    ]),
  ];
}

function cardText({ cardBrand, cardLastFour }: OrderStory["payments"][number]): string {
  return cardBrand ? `, ${cardBrand}${cardLastFour ? ` …${cardLastFour}` : ""}` : "";
}

function parcelLines({ story, timeZone }: OrderDetail, view: View): Line[] {
  const due = story.estimatedDeliveryAt;
  return [
    ...row("ship to", story.shipTo, view),
    ...(due ? row("promised", moment(due, timeZone), view) : []),
    ...story.shipments.flatMap(({ state, carrier, trackingCode, scans }) => [
      ...row("shipment", `${words(state)} ${carrier ?? ""} ${trackingCode ?? ""}`.trim(), view),
      ...scans.flatMap(({ at, description, place }) =>
        row("", `${moment(at, timeZone)} ${description} (${place})`, view),
      ),
    ]),
  ];
}

/** Questions, reviews, and disputes that were decided. */
function talkLines({ story }: OrderDetail, view: View): Line[] {
  return [
    ...story.questions.flatMap(({ text, answer }) =>
      row("question", `${text} → ${answer ?? "not answered"}`, view),
    ),
    ...story.reviews.flatMap(({ rating, conforms, text }) =>
      row(
        "review",
        `${rating} of 5, ${conforms ? "conforms" : "does not conform"}${text ? `: ${text}` : ""}`,
        view,
      ),
    ),
    ...disputeLines(story, "settled", view),
  ];
}

/** What buyers or banks complain about, and what became of it. */
function disputeLines(story: OrderStory, which: "open" | "settled", view: View): Line[] {
  const money = (minor: number) => formatMinor(minor, story.currency);
  return story.disputes
    .filter(({ state }) => (state === "open") === (which === "open"))
    .flatMap(({ state, reason, note, resolution, refundedMinor }) => {
      const what = `${words(state)}: ${words(reason)}${note ? `: ${note}` : ""}`;
      const back = refundedMinor === null ? "" : `${money(refundedMinor)} back `;
      return [
        ...row("dispute", what, view, "magenta"),
        ...(back || resolution ? row("", `${back}${resolution ?? ""}`, view) : []),
      ];
    });
}

/** Every state of everything, the last first: what happened just now is what is looked for. */
function timeline({ story, timeZone }: OrderDetail, view: View): Line[] {
  return [
    [],
    ...story.transitions.toReversed().flatMap(({ machine, from, to, actor, at }, index) => {
      const step = from ? `${words(from)} → ${words(to)}` : words(to);
      const who = actor.replace(/^user:.*$/, "a user");
      return row(
        index === 0 ? "timeline" : "",
        `${moment(at, timeZone)} ${machine} ${step}, ${who}`,
        view,
      );
    }),
  ];
}
