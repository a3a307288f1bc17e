import type { Profile } from "../../config.ts";
import type { StaffRole } from "../../domain/actor.ts";
import type { DataRows } from "../../domain/data-rows.ts";
import { type ExportedThing, exported } from "../../domain/exported.ts";
import { auroraError } from "./errors.ts";
import { readRows } from "./read-only.ts";

export interface ExportRequest {
  what: ExportedThing;
  columns: readonly string[];
  /** From then on, and before then: by the thing's own time. */
  since: string | undefined;
  until: string | undefined;
  role: StaffRole;
  signal: AbortSignal;
}

export type ExportStore = ReturnType<typeof exportStore>;

/** All rows of a kind, in an order that is the same each time. */
export const exportStore = (profile: Profile) => ({
  /** Gives the rows of one moment to `use`. Columns that the role may not read are empty. */
  read: <T>(request: ExportRequest, use: (rows: DataRows) => Promise<T>): Promise<T> => {
    const { role, since = null, until = null, signal } = request;
    const read = { role, text: textOf(request), values: [since, until], timeoutMs: 0, signal };
    return readRows(profile, read, use, auroraError);
  },
});

function textOf({ what, columns, role }: ExportRequest): string {
  const { from, time, order, columns: known } = SOURCES[what];
  const closed = exported(what).columns.filter(({ roles = [role] }) => !roles.includes(role));
  const chosen = columns.map((name) => {
    const column = closed.find((each) => each.name === name);
    const value = column ? `null::${column.kind === "time" ? "timestamptz" : "text"}` : known[name];
    return `${value} as "${name}"`;
  });
  return `select ${chosen.join(", ")} from ${from}
    where ($1::timestamptz is null or ${time} >= $1) and ($2::timestamptz is null or ${time} < $2)
    order by ${order}`;
}

interface Source {
  from: string;
  /** The thing's own time, and what its rows are sorted by. */
  time: string;
  order: string;
  columns: Readonly<Record<string, string>>;
}

/** A time that an import inferred is nobody's knowledge. */
const given = (step: string, column: string): string =>
  `case when not '${step}' = any(o.inferred) then o.${column} end`;

/** Which tables or, for analysts, views: they have the same names. */
const SOURCES: Readonly<Record<ExportedThing, Source>> = {
  users: {
    from: `"user" u`,
    time: "u.created_at",
    order: "u.id",
    columns: {
      id: "u.id",
      externalId: "u.external_id",
      source: "u.source",
      email: "u.email",
      name: "u.name",
      address: "u.address",
      bannedAt: "u.banned_at",
      createdAt: "u.created_at",
    },
  },
  publications: {
    from: "publication p",
    time: "p.created_at",
    order: "p.id",
    columns: {
      id: "p.id",
      externalId: "p.external_id",
      source: "p.source",
      sellerId: "p.seller_id",
      title: `(select e.personal ->> 'title' from event e where e.subject_id = p.id
        and e.type in ('publication.published', 'publication.updated') order by e.id desc limit 1)`,
      state: "p.state",
      priceMinor: "p.price_minor",
      currency: "p.currency",
      stock: "p.stock",
      soldUnits: "p.sold_units",
      ratingSum: "p.rating_sum",
      ratingCount: "p.rating_count",
      categories: `(select string_agg(c.name, '|' order by c.name, c.id) from publication_category pc
        join category c on c.id = pc.category_id where pc.publication_id = p.id)`,
      createdAt: "p.created_at",
    },
  },
  purchases: {
    from: "purchase u",
    time: "u.created_at",
    order: "u.id",
    columns: {
      id: "u.id",
      externalId: "u.external_id",
      source: "u.source",
      buyerId: "u.buyer_id",
      currency: "u.currency",
      createdAt: "u.created_at",
    },
  },
  orders: {
    from: `"order" o`,
    time: "o.created_at",
    order: "o.id",
    columns: {
      id: "o.id",
      externalId: "o.external_id",
      state: "o.state",
      sourceStatus: "o.source_status",
      buyerId: "o.buyer_id",
      sellerId: "o.seller_id",
      purchaseId: "o.purchase_id",
      totalMinor: "o.total_minor",
      currency: "o.currency",
      placedAt: given("placed", "created_at"),
      paidAt: given("paid", "paid_at"),
      shippedAt: given("shipped", "shipped_at"),
      deliveredAt: given("delivered", "delivered_at"),
      estimatedDeliveryAt: "o.estimated_delivery_at",
      flags: "array_to_string(o.flags, ' ')",
      linesMinor: "o.lines_minor",
      shippingMinor: "o.shipping_minor",
      feeMinor: "o.fee_minor",
      region: "o.region",
    },
  },
  order_lines: {
    from: `order_line l join "order" o on o.id = l.order_id join publication p on p.id = l.publication_id`,
    time: "o.created_at",
    order: "l.id",
    columns: {
      id: "l.id",
      orderId: "l.order_id",
      publicationId: "l.publication_id",
      publicationExternalId: "p.external_id",
      sellerId: "o.seller_id",
      quantity: "l.quantity",
      unitPriceMinor: "l.unit_price_minor",
      shippingMinor: "l.shipping_minor",
      currency: "o.currency",
      externalId: "l.external_id",
      lineNumber: "l.line_number",
      feeBps: "l.fee_bps",
    },
  },
  payments: {
    from: "payment p",
    time: "p.created_at",
    order: "p.id",
    columns: {
      id: "p.id",
      orderId: "p.order_id",
      state: "p.state",
      amountMinor: "p.amount_minor",
      refundedMinor: `coalesce((select sum(r.amount_minor) from refund r
        where r.payment_id = p.id and r.state = 'succeeded'), 0)::bigint`,
      currency: "p.currency",
      reason: "p.reason",
      cardBrand: "p.card_brand",
      late: "p.late",
      synthesised: "p.synthesised",
      providerId: "p.provider_id",
      createdAt: "p.created_at",
      changedAt: "p.changed_at",
    },
  },
  shipments: {
    from: "shipment s",
    time: "s.created_at",
    order: "s.id",
    columns: {
      id: "s.id",
      orderId: "s.order_id",
      state: "s.state",
      carrier: "s.carrier",
      synthesised: "s.synthesised",
      trackingCode: "s.tracking_code",
      estimatedDeliveryAt: "s.estimated_delivery_at",
      createdAt: "s.created_at",
      changedAt: "s.changed_at",
    },
  },
  reviews: {
    from: "review r",
    time: "r.created_at",
    order: "r.id",
    columns: {
      id: "r.id",
      orderId: "r.order_id",
      orderLineId: "r.order_line_id",
      publicationId: "r.publication_id",
      authorId: "r.author_id",
      conforms: "r.conforms",
      rating: "r.rating",
      text: `(select e.personal ->> 'text' from event e where e.subject_id = r.id order by e.id limit 1)`,
      createdAt: "r.created_at",
    },
  },
  questions: {
    from: `(
      select distinct on (subject_id) subject_id as id, data, occurred_at as at,
        min(occurred_at) over (partition by subject_id) as asked_at
      from event where subject_kind = 'question' order by subject_id, revision desc, id desc
    ) q`,
    time: "q.asked_at",
    order: "q.id",
    columns: {
      id: "q.id",
      publicationId: "q.data ->> 'publicationId'",
      sellerId: "q.data ->> 'sellerId'",
      askerId: "q.data ->> 'askerId'",
      state: "q.data ->> 'state'",
      text: questionText("text"),
      answer: questionText("answer"),
      askedAt: "q.asked_at",
      answeredAt: "case when q.data ->> 'state' = 'answered' then q.at end",
    },
  },
  events: {
    from: "(select * from event where position is not null) e",
    time: "e.occurred_at",
    order: "e.position",
    columns: {
      position: "e.position",
      id: "e.id",
      type: "e.type",
      subjectKind: "e.subject_kind",
      subjectId: "e.subject_id",
      revision: "e.revision",
      actor: "e.actor",
      occurredAt: "e.occurred_at",
      imported: "e.imported",
      data: "e.data",
    },
  },
};

function questionText(field: "text" | "answer"): string {
  return `(select e.personal ->> '${field}' from event e where e.subject_id = q.id
    and e.personal ? '${field}' order by e.id desc limit 1)`;
}
