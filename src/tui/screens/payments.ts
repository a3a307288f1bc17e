import { formatMinor } from "../../domain/money.ts";
import {
  openPayments,
  openRefunds,
  type QueueCounts,
  type QueueRequest,
  queueCounts,
  waitingWebhooks,
} from "../../operations/board/queues.ts";
import { showWebhook, type WebhookStory } from "../../operations/list-webhooks.ts";
import { age, moment } from "../ages.ts";
import { type Line, tone, wrap } from "../lines.ts";
import { counted } from "../marks.ts";
import type { Action, Page, Reach, Screen, View } from "../screen.ts";
import { ORDER_DETAIL, type OrderDetail } from "./order-detail.ts";
import { words } from "./order-words.ts";

/** A payment, a refund or a provider's message that waits. */
interface PaymentRow {
  id: string;
  /** Null: of a message. */
  orderId: string | null;
  state: string;
  amount: string;
  who: string;
  note: string;
  since: string;
  /** When it is given up, or tried again; null: nobody knows. */
  until: string | null;
}

interface PaymentsData {
  show: string;
  counts: QueueCounts;
  page: Page<PaymentRow>;
}

type PaymentDetail =
  | { kind: "order"; detail: OrderDetail }
  | { kind: "webhook"; webhook: WebhookStory; timeZone: string };

const SHOWN = ["payments", "refunds", "webhooks"] as const;
const WEBHOOK = "webhook ";

export const PAYMENTS: Screen<PaymentsData, PaymentRow, PaymentDetail> = {
  name: "payments",
  title: "Payments",
  description: "Payments, refunds and messages of providers that wait, the oldest first",
  choices: [{ name: "show", key: "f", description: "show", values: SHOWN }],
  everySeconds: 5,
  load: async ({ choices: { show = "payments" }, page: { from, limit } }, { deps, actor }) => {
    const [counts, page] = await Promise.all([
      queueCounts({ actor }, deps),
      readQueue(show, { actor, from, limit }, deps),
    ]);
    return { show, counts, page };
  },
  summary: ({ show, counts }) => [
    SHOWN.flatMap((name, index) => [
      index === 0 ? " " : "   ",
      tone(openText(name, counts[name]), ...(name === show ? ["bold" as const] : [])),
    ]),
    [],
  ],
  list: {
    page: ({ page }) => page,
    idOf: ({ id }) => id,
    cursorOf: ({ id }) => id,
    nothing: "nothing waits here",
    columns: [
      { title: "AGE", width: 4, align: "right", value: ({ since }, { now }) => age(since, now) },
      { title: "STATE", width: 11, value: ({ state }) => words(state), tone: stateTone },
      { title: "AMOUNT", width: 16, align: "right", value: ({ amount }) => amount },
      { title: "WHO", width: 22, value: ({ who }) => who },
      { title: "NOTE", width: "rest", from: 70, value: ({ note }) => note },
    ],
  },
  detail: {
    subject: ({ id, orderId }) => orderId ?? `${WEBHOOK}${id}`,
    load: loadDetail,
    lines: detailLines,
    actions: detailActions,
  },
  snapshot: ({ show, counts, page }) => ({ show, counts, rows: page.rows }),
};

const openText = (name: string, count: number): string =>
  `${counted(count)} open ${count === 1 ? name.replace(/s$/, "") : name}`;

async function readQueue(
  show: string,
  want: QueueRequest,
  deps: Reach["deps"],
): Promise<Page<PaymentRow>> {
  if (show === "webhooks") {
    const queue = await waitingWebhooks(want, deps);
    return { ...queue, rows: queue.rows.map(webhookRow) };
  }
  if (show === "refunds") {
    const queue = await openRefunds(want, deps);
    return { ...queue, rows: queue.rows.map(refundRow) };
  }
  const queue = await openPayments(want, deps);
  return { ...queue, rows: queue.rows.map(paymentRow) };
}

type Rows<Read extends (...asked: never[]) => Promise<{ rows: unknown[] }>> = Awaited<
  ReturnType<Read>
>["rows"][number];

function paymentRow(payment: Rows<typeof openPayments>): PaymentRow {
  const { id, orderId, state, amountMinor, currency, buyerEmail, deadlineAt, createdAt } = payment;
  return {
    ...{ id, orderId, state, who: buyerEmail, since: createdAt, until: deadlineAt },
    amount: formatMinor(amountMinor, currency),
    note: `order ${words(payment.orderState)}${payment.reason ? `, ${words(payment.reason)}` : ""}`,
  };
}

function refundRow(refund: Rows<typeof openRefunds>): PaymentRow {
  const { id, orderId, state, amountMinor, currency, buyerEmail, createdAt, attempt } = refund;
  return {
    ...{ id, orderId, state, who: buyerEmail, since: createdAt, until: null },
    amount: formatMinor(amountMinor, currency),
    note: `${refund.reason}${attempt > 1 ? `, attempt ${attempt}` : ""}`,
  };
}

function webhookRow(webhook: Rows<typeof waitingWebhooks>): PaymentRow {
  const { id, state, provider, attempts, reason, receivedAt, nextTryAt } = webhook;
  return {
    ...{ id, orderId: null, state, who: provider, since: receivedAt, until: nextTryAt },
    amount: "",
    note: `${reason ? `${reason}, ` : ""}${counted(attempts)} ${attempts === 1 ? "attempt" : "attempts"}`,
  };
}

function stateTone({ state }: PaymentRow) {
  return state === "failed" ? "red" : state === "authorized" ? "cyan" : "yellow";
}

async function loadDetail(subject: string, reach: Reach): Promise<PaymentDetail> {
  const { deps, actor } = reach;
  if (!subject.startsWith(WEBHOOK))
    return { kind: "order", detail: await ORDER_DETAIL.load(subject, reach) };
  const webhook = await showWebhook({ actor, webhook: subject.slice(WEBHOOK.length) }, deps);
  return { kind: "webhook", webhook, timeZone: deps.profile.timeZone };
}

function detailLines(shown: PaymentDetail, view: View): Line[] {
  if (shown.kind === "order") return ORDER_DETAIL.lines(shown.detail, view);
  const { webhook, timeZone } = shown;
  const { id, provider, type, state, reason, attempts, receivedAt, about, body } = webhook;
  return [
    [tone(id, "bold")],
    [tone(words(state), "yellow"), `, ${provider}, received ${moment(receivedAt, timeZone)}`],
    ...wrap(
      `${type ?? "no type"}: ${counted(attempts)} attempts, ${reason ?? "no reason"}`,
      view.columns,
    ).map((line): Line => [line]),
    about
      ? [`about ${about.kind} ${about.id} of order ${about.orderId}`]
      : ["about nothing of ours"],
    [],
    ...JSON.stringify(body, undefined, 2)
      .split("\n")
      .flatMap((line) => wrap(line, view.columns))
      .map((line): Line => [tone(line, "dim")]),
  ];
}

function detailActions(shown: PaymentDetail): Action[] {
  if (shown.kind === "order") return ORDER_DETAIL.actions(shown.detail);
  const { id, state } = shown.webhook;
  return [
    {
      title: "ask for it again, and act on it",
      command: `mkt webhook resend ${id}`,
      blockedBy: state === "done" ? "it is done" : null,
      confirm: null,
    },
  ];
}
