import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { StaffRole } from "../../domain/actor.ts";
import type { Availability, PublicationState } from "../../domain/publication.ts";

// One interface a table, as the files in migrations/ make them. Times are ISO-8601 text in UTC.

interface UserTable {
  id: string;
  email: string;
  emailFolded: string;
  name: string;
  address: string;
  /** State or province; null: unknown. */
  region: Generated<string | null>;
  passwordHash: string;
  bannedAt: string | null;
  revision: Generated<number>;
  createdAt: string;
  /** Where it came from, a mapping's name or `seed:RUN`; null: it was made here. */
  source: Generated<string | null>;
  externalId: Generated<string | null>;
}

interface UserRoleTable {
  userId: string;
  role: StaffRole;
  grantedBy: string | null;
  grantedAt: string;
}

interface SessionTable {
  tokenHash: Buffer;
  userId: string;
  createdAt: string;
  expiresAt: string;
  endedAt: string | null;
}

type Json = JSONColumnType<Record<string, unknown>>;

interface AuditTable {
  id: string;
  actorId: string | null;
  onBehalfOf: string | null;
  action: string;
  subjectKind: string | null;
  subjectId: string | null;
  detail: Json;
  at: string;
}

interface CategoryTable {
  id: string;
  name: string;
  nameFolded: string;
  /** What the marketplace keeps of a price, in basis points. */
  feeBps: Generated<number>;
  revision: Generated<number>;
  createdAt: string;
  source: Generated<string | null>;
}

interface PublicationTable {
  id: string;
  sellerId: string;
  externalId: string | null;
  state: PublicationState;
  priceMinor: number;
  currency: string;
  stock: number;
  version: Generated<number>;
  revision: Generated<number>;
  availability: Availability;
  soldUnits: Generated<number>;
  ratingSum: Generated<number>;
  ratingCount: Generated<number>;
  createdAt: string;
  source: Generated<string | null>;
}

interface PublicationCategoryTable {
  publicationId: string;
  categoryId: string;
}

interface StockMovementTable {
  id: string;
  publicationId: string;
  delta: number;
  reason: "published" | "adjusted" | "reserved" | "released" | "returned";
  orderLineId: string | null;
  at: string;
}

interface PurchaseTable {
  id: string;
  buyerId: string;
  key: string;
  requestDigest: string;
  shipTo: string;
  currency: string;
  createdAt: string;
  source: Generated<string | null>;
  externalId: Generated<string | null>;
}

interface OrderTable {
  id: string;
  purchaseId: string;
  buyerId: string;
  /** Null: an imported order of which the source knew no line. */
  sellerId: string | null;
  state: string;
  linesMinor: number;
  shippingMinor: number;
  totalMinor: number;
  currency: string;
  flags: Generated<string[]>;
  revision: Generated<number>;
  reservedUntil: string;
  estimatedDeliveryAt: string | null;
  feeMinor: Generated<number>;
  paidAt: Generated<string | null>;
  shippedAt: Generated<string | null>;
  deliveredAt: Generated<string | null>;
  externalId: Generated<string | null>;
  sourceStatus: Generated<string | null>;
  /** The zone whose clocks its source told it by; null: the marketplace's. */
  timeZone: Generated<string | null>;
  /** State or province that its parcel goes to; null: unknown. */
  region: Generated<string | null>;
  /** Which of placed, paid, shipped, delivered were inferred: their source did not say when. */
  inferred: Generated<string[]>;
  createdAt: string;
  changedAt: string;
}

interface OrderLineTable {
  id: string;
  orderId: string;
  lineNumber: number;
  publicationId: string;
  publicationVersion: number;
  quantity: number;
  unitPriceMinor: number;
  feeBps: Generated<number>;
  externalId: Generated<string | null>;
  /** Its share of what the order's shipping costs. */
  shippingMinor: Generated<number>;
}

interface PaymentTable {
  id: string;
  orderId: string;
  state: string;
  amountMinor: number;
  currency: string;
  cardToken: string;
  providerId: string | null;
  reason: string | null;
  cardBrand: string | null;
  cardLastFour: string | null;
  instrument: string | null;
  deadlineAt: string;
  late: Generated<boolean>;
  capture: Generated<boolean>;
  nextActionUrl: Generated<string | null>;
  chargeback: Generated<"open" | "won" | "lost" | null>;
  /** Made up to tell a history: no provider knows it. */
  synthesised: Generated<boolean>;
  revision: Generated<number>;
  createdAt: string;
  changedAt: string;
}

interface RefundTable {
  id: string;
  paymentId: string;
  state: string;
  amountMinor: number;
  reason: string;
  providerId: string | null;
  attempt: Generated<number>;
  key: Generated<string | null>;
  revision: Generated<number>;
  createdAt: string;
  changedAt: string;
}

interface ShipmentTable {
  id: string;
  orderId: string;
  state: string;
  providerId: string | null;
  carrier: string | null;
  trackingCode: string | null;
  labelUrl: string | null;
  estimatedDeliveryAt: string | null;
  restockedAt: Generated<string | null>;
  voidingSince: Generated<string | null>;
  synthesised: Generated<boolean>;
  revision: Generated<number>;
  createdAt: string;
  changedAt: string;
}

interface ShipmentScanTable {
  shipmentId: string;
  providerScanId: string;
  state: string;
  description: string;
  place: string;
  at: string;
}

interface ReviewTable {
  id: string;
  orderLineId: string;
  orderId: string;
  publicationId: string;
  authorId: string;
  conforms: boolean;
  rating: number;
  createdAt: string;
}

interface DisputeTable {
  id: string;
  orderId: string;
  orderLineId: string | null;
  state: string;
  reason: "not_received" | "not_as_described" | "chargeback";
  openedBy: string;
  resolvedBy: string | null;
  refundedMinor: number | null;
  revision: Generated<number>;
  createdAt: string;
  changedAt: string;
}

interface LedgerEntryTable {
  id: string;
  postingId: string;
  kind:
    | "captured"
    | "captured_late"
    | "refund_requested"
    | "refunded"
    | "charged_back"
    | "chargeback_won"
    | "chargeback_settled";
  account: "cash" | "seller" | "fee" | "refund" | "chargeback" | "loss";
  sellerId: string;
  orderId: string;
  paymentId: string;
  refundId: string | null;
  amountMinor: number;
  currency: string;
  at: string;
}

interface ClockTable {
  onlyOne: Generated<boolean>;
  offsetMs: number;
  changedAt: string;
}

interface TransitionTable {
  id: string;
  machine: string;
  subjectId: string;
  event: string;
  fromState: string | null;
  toState: string;
  actor: string;
  at: string;
  inferred: Generated<boolean>;
}

interface WebhookTable {
  id: string;
  provider: "payments" | "shipping";
  providerEventId: string | null;
  state: "received" | "done" | "failed" | "refused";
  body: string;
  reason: string | null;
  attempts: Generated<number>;
  receivedAt: string;
  doneAt: string | null;
  /** In real time, by the database's clock. */
  nextTryAt: Generated<string>;
}

interface EventTable {
  id: Generated<number>;
  position: number | null;
  sourceKey: string | null;
  type: string;
  subjectKind: string;
  subjectId: string;
  revision: number;
  actor: string;
  occurredAt: string;
  data: Json;
  personal: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
  /** It happened elsewhere, or before: followers pass over it unless asked. */
  imported: Generated<boolean>;
}

interface CursorTable {
  name: string;
  position: number;
  note: ColumnType<Record<string, unknown>, string | undefined, string>;
  changedAt: string;
}

interface SetAsideTable {
  subjectId: string;
  eventId: number;
  error: string;
  attempts: Generated<number>;
  since: string;
}

interface ActivityTable {
  id: string;
  kind: "home" | "search" | "view";
  userId: string | null;
  publicationId: string | null;
  words: string | null;
  resultCount: number | null;
  at: string;
  source: string | null;
}

interface GraphDumpTable {
  id: string;
  position: number;
  manifestKey: string;
  vertices: number;
  edges: number;
  createdAt: string;
}

interface BulkRunTable {
  id: string;
  command: string;
  actorId: string;
  inputName: string;
  inputDigest: string;
  options: JSONColumnType<Record<string, unknown>>;
  state: "running" | "interrupted" | "finished" | "undone";
  total: number | null;
  done: Generated<number>;
  failed: Generated<number>;
  createdAt: string;
  changedAt: string;
}

type NullableJson = ColumnType<
  Record<string, unknown> | null,
  string | null | undefined,
  string | null
>;

interface BulkRowTable {
  runId: string;
  line: number;
  state: "started" | "done" | "failed" | "undone" | "kept";
  subjectKind: string | null;
  subjectId: string | null;
  result: NullableJson;
  code: string | null;
  reason: string | null;
  undo: NullableJson;
  changedAt: string;
}

interface SeedRunTable {
  run: string;
  parameters: JSONColumnType<Record<string, unknown>>;
  actorId: string;
  state: "writing" | "written" | "leaving";
  leaving: JSONColumnType<Record<string, string[]>> | null;
  createdAt: string;
  changedAt: string;
}

export interface Database {
  user: UserTable;
  userRole: UserRoleTable;
  session: SessionTable;
  audit: AuditTable;
  category: CategoryTable;
  publication: PublicationTable;
  publicationCategory: PublicationCategoryTable;
  stockMovement: StockMovementTable;
  purchase: PurchaseTable;
  order: OrderTable;
  orderLine: OrderLineTable;
  payment: PaymentTable;
  refund: RefundTable;
  shipment: ShipmentTable;
  shipmentScan: ShipmentScanTable;
  review: ReviewTable;
  dispute: DisputeTable;
  ledgerEntry: LedgerEntryTable;
  clock: ClockTable;
  transition: TransitionTable;
  webhook: WebhookTable;
  event: EventTable;
  cursor: CursorTable;
  setAside: SetAsideTable;
  activity: ActivityTable;
  graphDump: GraphDumpTable;
  bulkRun: BulkRunTable;
  bulkRow: BulkRowTable;
  seedRun: SeedRunTable;
}
