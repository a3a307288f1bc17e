import { SCHEMAS, TABLES, type TableName, type World } from "./world.ts";

/** A row that cannot stand, and why. */
export interface WorldProblem {
  row: object;
  problem: string;
}

type Named = readonly [field: string, table: TableName];

/** Which fields of a row name rows of which table. */
const NAMES: Readonly<Partial<Record<TableName, readonly Named[]>>> = {
  publication: [["sellerId", "user"]],
  publicationCategory: [
    ["publicationId", "publication"],
    ["categoryId", "category"],
  ],
  purchase: [["buyerId", "user"]],
  order: [
    ["purchaseId", "purchase"],
    ["buyerId", "user"],
    ["sellerId", "user"],
  ],
  orderLine: [
    ["orderId", "order"],
    ["publicationId", "publication"],
  ],
  stockMovement: [
    ["publicationId", "publication"],
    ["orderLineId", "orderLine"],
  ],
  payment: [["orderId", "order"]],
  refund: [["paymentId", "payment"]],
  shipment: [["orderId", "order"]],
  shipmentScan: [["shipmentId", "shipment"]],
  dispute: [
    ["orderId", "order"],
    ["orderLineId", "orderLine"],
  ],
  review: [
    ["orderLineId", "orderLine"],
    ["orderId", "order"],
    ["publicationId", "publication"],
    ["authorId", "user"],
  ],
  ledgerEntry: [
    ["sellerId", "user"],
    ["orderId", "order"],
    ["paymentId", "payment"],
    ["refundId", "refund"],
  ],
  question: [
    ["publicationId", "publication"],
    ["sellerId", "user"],
    ["askerId", "user"],
  ],
};

/** What events and steps may be about. */
const SUBJECTS: readonly TableName[] = [
  "user",
  "publication",
  "order",
  "payment",
  "refund",
  "shipment",
  "dispute",
  "review",
];

/**
 * The first row that does not fit into its world: one that names what is not there, or an id that stands twice.
 * Whether the laws hold is the doctor's to say: a snapshot of something that went wrong may well break them.
 */
export function findProblem(world: World): WorldProblem | undefined {
  const ids = Object.fromEntries(TABLES.map((table) => [table, new Set<unknown>()])) as Record<
    TableName,
    Set<unknown>
  >;
  for (const table of TABLES) {
    for (const row of world[table]) {
      const { id } = row as { id?: string };
      if (id === undefined) continue;
      if (ids[table].has(id)) return { row, problem: `there are two of ${table} ${id}` };
      ids[table].add(id);
    }
  }
  for (const table of TABLES) {
    for (const row of world[table]) {
      for (const [field, other] of NAMES[table] ?? []) {
        const named: unknown = Reflect.get(row, field);
        if (named === null || ids[other].has(named)) continue;
        return { row, problem: `it names ${other} ${String(named)}, which is not in the snapshot` };
      }
    }
  }
  return findStrangers(world, ids);
}

function findStrangers(
  { event, transition }: World,
  ids: Record<TableName, Set<unknown>>,
): WorldProblem | undefined {
  const about = (kind: string, id: string) =>
    SUBJECTS.some((subject) => subject === kind && ids[subject].has(id));
  const said = [
    ...event.map((row) => ({ row, kind: row.subjectKind, id: row.subjectId })),
    ...transition.map((row) => ({ row, kind: row.machine, id: row.subjectId })),
  ];
  const stranger = said.find(({ kind, id }) => !about(kind, id));
  if (!stranger) return undefined;
  const { row, kind, id } = stranger;
  return { row, problem: `it is about ${kind} ${id}, which is not in the snapshot` };
}

/** The first row that no file may hold, as one with less than nothing in stock. */
export function findMisfit(world: World): WorldProblem | undefined {
  for (const table of TABLES) {
    for (const row of world[table]) {
      const { success, error } = SCHEMAS[table].safeParse(row);
      if (success) continue;
      const [issue] = error.issues;
      return { row, problem: `${table} ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
    }
  }
  return undefined;
}
