import { formatMinor } from "../../domain/money.ts";
import { type QueueCounts, queueCounts, waitingShipments } from "../../operations/board/queues.ts";
import { age } from "../ages.ts";
import { tone } from "../lines.ts";
import { counted } from "../marks.ts";
import type { Page, Screen } from "../screen.ts";
import { ORDER_DETAIL, type OrderDetail } from "./order-detail.ts";
import { words } from "./order-words.ts";

type WaitingShipment = Awaited<ReturnType<typeof waitingShipments>>["rows"][number];

interface ShipmentsData {
  show: string;
  counts: QueueCounts;
  page: Page<WaitingShipment>;
}

/** The queues by what their key turns to, and their words. */
const QUEUES = {
  "to dispatch": { queue: "dispatch", count: "dispatch", since: "paid" },
  late: { queue: "late", count: "late", since: "promised" },
  "not delivered": { queue: "not_delivered", count: "notDelivered", since: "brought back" },
} as const;
type Shown = keyof typeof QUEUES;
const SHOWN = Object.keys(QUEUES) as Shown[];

export const SHIPMENTS: Screen<ShipmentsData, WaitingShipment, OrderDetail> = {
  name: "shipments",
  title: "Shipments",
  description: "Parcels to be dispatched, late, and not delivered, the longest waiting first",
  choices: [{ name: "show", key: "f", description: "show", values: SHOWN }],
  everySeconds: 5,
  load: async ({ choices: { show = "" }, page: { from, limit } }, { deps, actor }) => {
    const { queue } = QUEUES[shownAs(show)];
    const [counts, page] = await Promise.all([
      queueCounts({ actor }, deps),
      waitingShipments({ actor, queue, from, limit }, deps),
    ]);
    return { show: shownAs(show), counts, page };
  },
  summary: ({ show, counts, page }, { now }) => [
    [
      ...SHOWN.flatMap((name, index) => [
        index === 0 ? " " : "   ",
        tone(
          `${counted(counts[QUEUES[name].count])} ${name}`,
          ...(name === show ? ["bold" as const] : []),
        ),
      ]),
      ...(page.rows[0] && !page.hasBefore
        ? [
            tone(
              `   oldest ${QUEUES[shownAs(show)].since} ${age(page.rows[0].since, now)} ago`,
              "dim",
            ),
          ]
        : []),
    ],
    [],
  ],
  list: {
    page: ({ page }) => page,
    idOf: ({ id }) => id,
    cursorOf: ({ since, id }) => `${since}~${id}`,
    nothing: "no parcel waits here",
    columns: [
      { title: "AGE", width: 4, align: "right", value: ({ since }, { now }) => age(since, now) },
      { title: "ORDER", width: 13, value: ({ id }) => id.slice(0, 13) },
      {
        title: "PARCEL",
        width: 14,
        value: ({ shipmentState }) => words(shipmentState ?? "none"),
        tone: ({ shipmentState }) => (shipmentState === "lost" ? "red" : undefined),
      },
      {
        title: "TOTAL",
        width: 16,
        align: "right",
        value: ({ totalMinor, currency }) => formatMinor(totalMinor, currency),
      },
      { title: "SELLER", width: "rest", from: 62, value: ({ sellerEmail }) => sellerEmail ?? "-" },
      {
        title: "CARRIER",
        width: 20,
        from: 100,
        value: ({ carrier, trackingCode }) => [carrier, trackingCode].filter(Boolean).join(" "),
      },
    ],
  },
  detail: ORDER_DETAIL,
  snapshot: ({ show, counts, page }) => ({ show, counts, shipments: page.rows }),
};

function shownAs(text: string): Shown {
  return SHOWN.find((name) => name === text) ?? "to dispatch";
}
