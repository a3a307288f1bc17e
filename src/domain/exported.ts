import type { StaffRole } from "./actor.ts";

/** A column of what can be exported: its name is an interface. */
interface ExportedColumn {
  name: string;
  kind: "text" | "id" | "number" | "money" | "time" | "state";
  /** Who may read it; all staff where nothing is said. For the others it stays empty. */
  roles?: readonly StaffRole[];
}

interface Exported {
  description: string;
  /** Who may export it; all staff where nothing is said. */
  roles?: readonly StaffRole[];
  columns: readonly ExportedColumn[];
}

/** Who people are is for those who work on cases. */
const STAFF_OF_CASES: readonly StaffRole[] = ["operator", "support"];
/** What people typed stands in the event log, which support does not read. */
const OPERATOR: readonly StaffRole[] = ["operator"];
const READERS_OF_EVENTS: readonly StaffRole[] = ["operator", "analyst"];

type Kind = ExportedColumn["kind"];
const columnsOf = (kind: Kind, names: string, roles?: readonly StaffRole[]): ExportedColumn[] =>
  names.split(" ").map((name) => ({ name, kind, ...(roles && { roles }) }));

/** What `mkt export` writes, and in which columns. New ones are added at the end. */
export const EXPORTED = {
  users: {
    description: "who buys, sells and works here",
    columns: [
      ...columnsOf("id", "id"),
      ...columnsOf("text", "externalId source"),
      ...columnsOf("text", "email name address", STAFF_OF_CASES),
      ...columnsOf("time", "bannedAt", STAFF_OF_CASES),
      ...columnsOf("time", "createdAt"),
    ],
  },
  publications: {
    description: "what sellers offer; categories are joined by |",
    columns: [
      ...columnsOf("id", "id"),
      ...columnsOf("text", "externalId source"),
      ...columnsOf("id", "sellerId"),
      ...columnsOf("text", "title", OPERATOR),
      ...columnsOf("state", "state"),
      ...columnsOf("money", "priceMinor"),
      ...columnsOf("text", "currency"),
      ...columnsOf("number", "stock soldUnits ratingSum ratingCount"),
      ...columnsOf("text", "categories"),
      ...columnsOf("time", "createdAt"),
    ],
  },
  purchases: {
    description: "what was bought together",
    columns: [
      ...columnsOf("id", "id"),
      ...columnsOf("text", "externalId source"),
      ...columnsOf("id", "buyerId"),
      ...columnsOf("text", "currency"),
      ...columnsOf("time", "createdAt"),
    ],
  },
  orders: {
    description: "what was bought of one seller; times that an import inferred are empty",
    columns: [
      ...columnsOf("id", "id"),
      ...columnsOf("text", "externalId"),
      ...columnsOf("state", "state sourceStatus"),
      ...columnsOf("id", "buyerId sellerId purchaseId"),
      ...columnsOf("money", "totalMinor"),
      ...columnsOf("text", "currency"),
      ...columnsOf("time", "placedAt paidAt shippedAt deliveredAt estimatedDeliveryAt"),
      ...columnsOf("text", "flags"),
      ...columnsOf("money", "linesMinor shippingMinor feeMinor"),
      ...columnsOf("text", "region"),
    ],
  },
  order_lines: {
    description: "what each order is made of",
    columns: [
      ...columnsOf("id", "id orderId publicationId"),
      ...columnsOf("text", "publicationExternalId"),
      ...columnsOf("id", "sellerId"),
      ...columnsOf("number", "quantity"),
      ...columnsOf("money", "unitPriceMinor shippingMinor"),
      ...columnsOf("text", "currency externalId"),
      ...columnsOf("number", "lineNumber feeBps"),
    ],
  },
  payments: {
    description: "the money of orders; synthesised ones were made up by an import",
    columns: [
      ...columnsOf("id", "id orderId"),
      ...columnsOf("state", "state"),
      ...columnsOf("money", "amountMinor refundedMinor"),
      ...columnsOf("text", "currency reason cardBrand late synthesised"),
      ...columnsOf("text", "providerId", STAFF_OF_CASES),
      ...columnsOf("time", "createdAt changedAt"),
    ],
  },
  shipments: {
    description: "the parcels of orders; synthesised ones were made up by an import",
    columns: [
      ...columnsOf("id", "id orderId"),
      ...columnsOf("state", "state"),
      ...columnsOf("text", "carrier synthesised"),
      ...columnsOf("text", "trackingCode", STAFF_OF_CASES),
      ...columnsOf("time", "estimatedDeliveryAt createdAt changedAt"),
    ],
  },
  reviews: {
    description: "what buyers say of what they received",
    columns: [
      ...columnsOf("id", "id orderId orderLineId publicationId authorId"),
      ...columnsOf("text", "conforms"),
      ...columnsOf("number", "rating"),
      ...columnsOf("text", "text", OPERATOR),
      ...columnsOf("time", "createdAt"),
    ],
  },
  questions: {
    description: "what people asked about publications, as far as the event log has it",
    roles: READERS_OF_EVENTS,
    columns: [
      ...columnsOf("id", "id publicationId sellerId askerId"),
      ...columnsOf("state", "state"),
      ...columnsOf("text", "text answer", OPERATOR),
      ...columnsOf("time", "askedAt answeredAt"),
    ],
  },
  events: {
    description: "what happened, in order; data is JSON",
    roles: READERS_OF_EVENTS,
    columns: [
      ...columnsOf("number", "position id"),
      ...columnsOf("text", "type subjectKind"),
      ...columnsOf("id", "subjectId"),
      ...columnsOf("number", "revision"),
      ...columnsOf("text", "actor", OPERATOR),
      ...columnsOf("time", "occurredAt"),
      ...columnsOf("text", "imported data"),
    ],
  },
} as const satisfies Record<string, Exported>;

export type ExportedThing = keyof typeof EXPORTED;
export const EXPORTED_THINGS = Object.keys(EXPORTED) as ExportedThing[];

/** What is known of one, whichever it is. */
export const exported = (what: ExportedThing): Exported => EXPORTED[what];
