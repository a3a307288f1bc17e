import { formatMinor } from "../../domain/money.ts";
import type { OrderStory } from "../../operations/show-order.ts";
import { block } from "../../output/story.ts";

/** One row of what a listing operation gives. */
export type Listed<F extends (...values: never[]) => Promise<{ items: readonly unknown[] }>> =
  Awaited<ReturnType<F>>["items"][number];

type Line = readonly [string, string];

/** An order's whole story as people read it. */
export function storyBlock(story: OrderStory): string {
  const money = (minor: number) => formatMinor(minor, story.currency);
  const lines = story.lines.map(
    ({ lineNumber, quantity, title, publicationId, unitPriceMinor }): Line => {
      return [
        `line ${lineNumber}`,
        `${quantity} × ${title ?? publicationId} at ${money(unitPriceMinor)}`,
      ];
    },
  );
  return block([
    ["order", story.id],
    ["state", story.state.replaceAll("_", " ")],
    ...(story.flags.length > 0 ? [["flags", story.flags.join(", ")] as const] : []),
    ...sourceLines(story),
    ["purchase", story.purchaseId],
    ["buyer", who(story.buyer, story.buyerId)],
    ["seller", who(story.seller, story.sellerId)],
    ["ship to", story.shipTo],
    ...(story.region === null ? [] : [["region", story.region] as const]),
    ...lines,
    [
      "total",
      `${money(story.totalMinor)} (${money(story.linesMinor)} + shipping ${money(story.shippingMinor)})`,
    ],
    ...story.payments.flatMap((payment): Line[] => [
      [
        "payment",
        `${payment.id} ${payment.state} ${money(payment.amountMinor)}${payment.reason ? ` (${payment.reason})` : ""}`,
      ],
      ...payment.refunds.map(
        (refund): Line => [
          "refund",
          `${refund.id} ${refund.state} ${money(refund.amountMinor)}: ${refund.reason}`,
        ],
      ),
    ]),
    ...story.shipments.flatMap((shipment): Line[] => [
      [
        "shipment",
        `${shipment.id} ${shipment.state.replaceAll("_", " ")} ${shipment.trackingCode ?? ""}`.trimEnd(),
      ],
      ...shipment.scans.map(
        ({ at, description, place }): Line => ["scan", `${at} ${description} (${place})`],
      ),
    ]),
    ...story.questions.map(
      ({ text, answer }): Line => ["question", `${text} → ${answer ?? "not answered"}`],
    ),
    ...story.reviews.map(({ rating, conforms, text }): Line => {
      return [
        "review",
        `${rating} of 5, ${conforms ? "conforms" : "does not conform"}${text ? `: ${text}` : ""}`,
      ];
    }),
    ...story.disputes.flatMap((dispute): Line[] => disputeLines(dispute, story.currency)),
    ...transitionLines(story.transitions),
  ]);
}

/** What an imported order was where it came from, and which of its times nobody knows. */
function sourceLines({ externalId, sourceStatus, inferred }: OrderStory): Line[] {
  const status = sourceStatus === null ? "" : `, ${sourceStatus} there`;
  return [
    ...(externalId === null ? [] : [["source", `${externalId}${status}`] as const]),
    ...(inferred.length > 0 ? [["inferred", `when it was ${inferred.join(", ")}`] as const] : []),
  ];
}

/** What a dispute is about, and how it ended. */
export function disputeLines(
  {
    id,
    state,
    reason,
    lineNumber,
    note,
    resolution,
    refundedMinor,
  }: OrderStory["disputes"][number],
  currency: string,
): Line[] {
  const words = (text: string) => text.replaceAll("_", " ");
  const about = lineNumber === null ? "" : `, line ${lineNumber}`;
  const opening: Line = [
    "dispute",
    `${id} ${words(state)}: ${words(reason)}${about}${note ? `: ${note}` : ""}`,
  ];
  if (state === "open") return [opening];
  const money = refundedMinor === null ? "" : ` ${formatMinor(refundedMinor, currency)}`;
  return [opening, ["resolved", `${words(state)}${money}${resolution ? `: ${resolution}` : ""}`]];
}

/** A history of states, oldest first. */
export function transitionLines(
  transitions: readonly {
    machine: string;
    from: string | null;
    to: string;
    actor: string;
    at: string;
  }[],
): Line[] {
  return transitions.map((row, index) => [index === 0 ? "history" : "", transitionLine(row)]);
}

/** One step of a history. */
export function transitionLine({
  machine,
  from,
  to,
  actor,
  at,
}: Parameters<typeof transitionLines>[0][number]): string {
  return `${at} ${machine} ${from ? `${from} → ${to}` : to} by ${actor}`;
}

function who(party: { email: string; name: string } | null, id: string | null): string {
  return party ? `${party.name} <${party.email}>` : (id ?? "nobody");
}
