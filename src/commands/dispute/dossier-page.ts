import { formatMinor } from "../../domain/money.ts";
import type { Question } from "../../domain/question.ts";
import type { Dossier, DossierLine, DossierPicture } from "../../operations/dispute-dossier.ts";
import { longTime, zonedTime } from "../../output/dates.ts";
import { html, type Markup } from "../../output/html/markup.ts";
import { page } from "../../output/html/page.ts";
import { definitionList, htmlTable } from "../../output/html/table.ts";
import type { Column } from "../../output/table.ts";

const SHOWN: Readonly<Record<Exclude<DossierPicture["is"], "whole">, string>> = {
  altered: "Not shown: what lies under this name is another picture, of SHA-256",
  missing: "Missing: there is no picture of this name any more.",
  unread: "Not read: S3 could not be reached.",
  too_large: "Not shown: it is whole, but would make this page too large.",
};

/** A dispute's dossier as one page. */
export function dossierPage(dossier: Dossier): string {
  const { dispute, order, lines, gaps, timeZone, madeAt } = dossier;
  const about = dispute.lineNumber === null ? "all of it" : `line ${dispute.lineNumber}`;
  return page({
    title: `Dispute: ${words(dispute.reason)}`,
    lead: `Order ${order.id}, ${about}. The dispute is ${words(dispute.state)}, the order ${words(order.state)}.`,
    facts: [
      `times of ${timeZone}`,
      `made ${longTime(madeAt, timeZone)}`,
      "it names people: for those who decide only",
    ],
    body: html`${gaps.map((gap) => html`<p class="notice">${gap}</p>\n`)}
${decision(dossier)}
<section><h2>What was bought</h2>
${lines.map((line) => boughtLine(line, dossier))}</section>
${questions(dossier)}
${money(dossier)}
${parcels(dossier)}
${said(dossier)}
${history(dossier)}`,
  });
}

/** What the dispute is about, between whom, and how it can be decided. */
function decision(dossier: Dossier): Markup {
  const { dispute, order } = dossier;
  const party = (of: typeof order.buyer, id: string | null) =>
    of ? `${of.name} <${of.email}>, ${of.id}` : (id ?? "nobody");
  return html`<section><h2>What is to be decided</h2>
${definitionList([
  ["Dispute", dispute.id],
  ["Opened", `${at(dispute.createdAt, dossier)} by ${who(dispute.openedBy, dossier)}`],
  ["What was said", dispute.note],
  ["Resolved", resolution(dossier)],
  ["Buyer", party(order.buyer, order.buyerId)],
  ["Seller", party(order.seller, order.sellerId)],
  ["Sent to", order.shipTo],
  ["Flags", order.flags.join(", ")],
])}
${
  dispute.state === "open"
    ? html`<p class="small muted">To decide it: <code>mkt dispute resolve ${order.id} --refund</code>,
<code>--refund --amount AMOUNT</code>, or <code>--dismiss --note TEXT</code></p>`
    : ""
}
</section>`;
}

function resolution(dossier: Dossier): string | null {
  const { state, resolvedBy, refundedMinor, changedAt, resolution: why } = dossier.dispute;
  if (state === "open") return null;
  const amount = refundedMinor === null ? "" : ` (${amountOf(refundedMinor, dossier)})`;
  const by = resolvedBy === null ? "" : ` by ${who(resolvedBy, dossier)}`;
  return `${words(state)}${amount}, ${at(changedAt, dossier)}${by}${why ? `: ${why}` : ""}`;
}

function boughtLine(line: DossierLine, dossier: Dossier): Markup {
  const { lineNumber, document, publicationId, publicationVersion: version, pictures } = line;
  const isErased = document !== null && document.title === "" && document.description === "";
  const title = isErased ? "erased" : (document?.title ?? publicationId);
  return html`<h3>Line ${lineNumber}: ${title}</h3>
${definitionList([
  ["Publication", `${publicationId}, version ${version}, as it stood when it was bought`],
  ["Since then", sinceThen(line)],
  ["Bought", `${line.quantity} × ${amountOf(line.unitPriceMinor, dossier)}`],
  ["Shipping", amountOf(line.shippingMinor, dossier)],
  ["Description", isErased ? "Erased, as its seller asked." : (document?.description ?? null)],
  ["Today it says", line.today?.description ?? null],
])}
${pictures.length > 0 ? html`<div class="pictures">${pictures.map(picture)}</div>` : html`<p class="muted small">It had no pictures.</p>`}
`;
}

/** What its seller did to a publication after it was bought here. */
function sinceThen({ today, publicationVersion }: DossierLine): string {
  if (today === null) return "there is no such publication any more";
  const { state, version, changed } = today;
  if (version === publicationVersion) return `unchanged; it is ${state}`;
  const what = changed.length > 0 ? `other ${changed.join(", ")}` : "nothing that people read";
  return `changed to version ${version} (${what}); it is ${state}`;
}

function picture(found: DossierPicture, index: number): Markup {
  const { sha256 } = found;
  const hash = html`<span class="hash">SHA-256 ${sha256}</span>`;
  if (found.is === "whole") {
    const source = `data:${found.mediaType};base64,${Buffer.from(found.bytes).toString("base64")}`;
    return html`<figure><img src="${source}" alt="Picture ${index + 1}">
<figcaption class="small">Picture ${index + 1}, whole: its bytes hash to its name. ${hash}</figcaption></figure>
`;
  }
  const other = found.is === "altered" ? html` <span class="hash">${found.foundSha256}</span>` : "";
  return html`<figure><p class="notice small">${SHOWN[found.is]}${other}</p>
<figcaption class="small">Picture ${index + 1}. ${hash}</figcaption></figure>
`;
}

function questions(dossier: Dossier): Markup {
  const { questions: asked, order } = dossier;
  const asker = ({ askerId }: Question) =>
    askerId === order.buyerId ? "The buyer" : "Another user";
  const when = ({ askedAt }: Question) =>
    askedAt < order.createdAt ? "before it was bought" : "after it was bought";
  return html`<section><h2>Questions and answers</h2>
${asked.length === 0 ? html`<p class="muted">None was read.</p>` : ""}
${asked.map(
  (
    question,
  ) => html`<h3>${asker(question)}, ${at(question.askedAt, dossier)}, ${when(question)}</h3>
<p class="said">${question.text}</p>
<p class="said muted">${
    question.answer === null
      ? words(question.state)
      : `${question.answeredAt ? `${at(question.answeredAt, dossier)}: ` : ""}${question.answer}`
  }</p>
`,
)}</section>`;
}

type Paid = Dossier["order"]["payments"][number];

function money(dossier: Dossier): Markup {
  const { payments } = dossier.order;
  const sums = dossier.dispute.money;
  const amount = (minor: number) => amountOf(minor, dossier);
  const refunds = payments.flatMap((payment) => payment.refunds);
  const currency = () => sums.currency;
  const paymentColumns: Column<Paid>[] = [
    { key: "id", header: "PAYMENT", kind: "id", value: ({ id }) => id },
    {
      key: "state",
      header: "STATE",
      value: ({ state, late }) => words(state) + (late ? ", late" : ""),
    },
    { key: "amount", header: "AMOUNT", kind: "money", value: (row) => row.amountMinor, currency },
    {
      key: "card",
      header: "CARD",
      value: ({ cardBrand, cardLastFour }) => cardBrand && `${cardBrand} …${cardLastFour}`,
    },
    { key: "reason", header: "REASON", value: ({ reason }) => reason },
    { key: "at", header: "AT", value: ({ createdAt }) => at(createdAt, dossier) },
  ];
  const refundColumns: Column<Paid["refunds"][number]>[] = [
    { key: "id", header: "REFUND", kind: "id", value: ({ id }) => id },
    { key: "state", header: "STATE", value: ({ state }) => words(state) },
    { key: "amount", header: "AMOUNT", kind: "money", value: (row) => row.amountMinor, currency },
    { key: "reason", header: "REASON", value: ({ reason }) => reason },
    { key: "at", header: "AT", value: ({ createdAt }) => at(createdAt, dossier) },
  ];
  return html`<section><h2>Payments and refunds</h2>
${definitionList([
  [
    "Total",
    `${amount(sums.totalMinor)} (goods ${amount(dossier.order.linesMinor)}, shipping ${amount(dossier.order.shippingMinor)})`,
  ],
  ["Captured", amount(sums.capturedMinor)],
  [
    "Granted back",
    `${amount(sums.grantedMinor)}, of which the buyer has ${amount(sums.refundedMinor)}`,
  ],
  ["Left", amount(sums.leftMinor)],
  ["Chargeback", sums.chargeback],
])}
${payments.length > 0 ? htmlTable(payments, paymentColumns) : html`<p class="muted">Nothing was paid.</p>`}
${refunds.length > 0 ? htmlTable(refunds, refundColumns) : ""}
</section>`;
}

type Scan = Dossier["order"]["shipments"][number]["scans"][number];

function parcels(dossier: Dossier): Markup {
  const { shipments } = dossier.order;
  const columns: Column<Scan>[] = [
    { key: "at", header: "SCANNED", value: (scan) => at(scan.at, dossier) },
    { key: "state", header: "STATE", value: ({ state }) => words(state) },
    {
      key: "description",
      header: "WHAT THE CARRIER SAYS",
      value: ({ description }) => description,
    },
    { key: "place", header: "PLACE", value: ({ place }) => place },
  ];
  return html`<section><h2>Tracking</h2>
${shipments.length === 0 ? html`<p class="muted">Nothing was to be sent yet.</p>` : ""}
${shipments.map(
  (shipment) => html`${definitionList([
    ["Shipment", `${shipment.id}, ${words(shipment.state)}`],
    ["Carrier", [shipment.carrier, shipment.trackingCode].filter(Boolean).join(", ")],
    ["Estimated", shipment.estimatedDeliveryAt && at(shipment.estimatedDeliveryAt, dossier)],
    ["Restocked", shipment.restockedAt && at(shipment.restockedAt, dossier)],
  ])}
${shipment.scans.length > 0 ? htmlTable(shipment.scans, columns) : html`<p class="muted">The carrier never scanned it.</p>`}
`,
)}</section>`;
}

/** Reviews, and every dispute of the order: the one that it is about, and others. */
function said(dossier: Dossier): Markup {
  const { reviews, disputes } = dossier.order;
  const lineOf = (id: string) => dossier.lines.find((line) => line.id === id)?.lineNumber ?? "?";
  return html`<section><h2>Reviews and disputes</h2>
${reviews.length === 0 ? html`<p class="muted">Nothing was reviewed.</p>` : ""}
${definitionList([
  ...reviews.map(({ orderLineId, rating, conforms, text, createdAt }): [string, string] => {
    const verdict = `${rating} of 5, ${conforms ? "conforms" : "does not conform"}`;
    return [
      `Review of line ${lineOf(orderLineId)}`,
      `${at(createdAt, dossier)}: ${verdict}${text ? `: ${text}` : ""}`,
    ];
  }),
  ...disputes.map((each): [string, string] => {
    const about = each.lineNumber === null ? "" : `, line ${each.lineNumber}`;
    const end = each.resolution ? `\nResolved: ${each.resolution}` : "";
    return [
      each.id === dossier.dispute.id ? "This dispute" : "Another dispute",
      `${at(each.createdAt, dossier)} by ${who(each.openedBy, dossier)}: ${words(each.reason)}${about}; ${words(each.state)}${each.note ? `\n${each.note}` : ""}${end}`,
    ];
  }),
])}</section>`;
}

function history(dossier: Dossier): Markup {
  const { transitions, inferred } = dossier.order;
  const columns: Column<(typeof transitions)[number]>[] = [
    { key: "at", header: "AT", value: (row) => at(row.at, dossier) },
    { key: "machine", header: "WHAT", value: ({ machine }) => machine },
    { key: "from", header: "FROM", value: ({ from }) => from && words(from) },
    { key: "to", header: "TO", value: ({ to }) => words(to) },
    { key: "event", header: "BECAUSE", value: ({ event }) => words(event) },
    { key: "actor", header: "BY", value: ({ actor }) => who(actor, dossier) },
  ];
  return html`<section><h2>Every state</h2>
${inferred.length > 0 ? html`<p class="notice">Its source did not say when it was ${inferred.join(", ")}: those times are inferred.</p>` : ""}
${htmlTable(transitions, columns)}
</section>`;
}

const words = (name: string): string => name.replaceAll("_", " ");
const at = (moment: string, { timeZone }: Dossier): string => zonedTime(moment, timeZone);
const amountOf = (minor: number, { order }: Dossier): string => formatMinor(minor, order.currency);

/** Whoever acted, by what they are to the order. */
function who(actor: string, { order: { buyerId, sellerId } }: Dossier): string {
  if (actor === `user:${buyerId}`) return "the buyer";
  if (actor === `user:${sellerId}`) return "the seller";
  if (actor === "timer") return "a timer";
  if (actor.startsWith("provider:")) return `the provider of ${actor.slice("provider:".length)}`;
  return actor.startsWith("user:") ? `staff ${actor.slice("user:".length)}` : actor;
}
