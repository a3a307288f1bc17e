import type { WriteObserver } from "../../domain/store-write.ts";
import type { Table } from "./client.ts";

type Keyed = Readonly<Record<string, unknown>>;

/** What people call an item, by how its partition key begins; a publication's page is told by its sort key. */
const KINDS: readonly [prefix: string, kind: string][] = [
  ["PUBLICATION#", "page"],
  ["QUESTION#", "question"],
  ["INBOX#", "notification"],
  ["HOME", "home section"],
  ["CATEGORIES", "category names"],
  ["ACTIVITY#", "activity"],
];

/** Tells of every item that is put, updated or deleted. */
export function observeWrites({ client }: Table, observe: WriteObserver): void {
  client.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request);
      for (const key of writtenKeys(request.input)) {
        observe({ store: "DynamoDB", what: kindOf(key), count: 1 });
      }
      return answer;
    },
    { step: "initialize", name: "observeWrites", priority: "low" },
  );
}

function writtenKeys(input: object): Keyed[] {
  if ("Item" in input) return [input.Item as Keyed];
  if ("UpdateExpression" in input && "Key" in input) return [input.Key as Keyed];
  if (!("RequestItems" in input)) return [];
  const requests = Object.values(input.RequestItems as object)
    .filter(Array.isArray)
    .flat();
  return requests.flatMap(
    ({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? [],
  );
}

function kindOf({ pk }: Keyed): string {
  const key = typeof pk === "object" && pk !== null && "S" in pk ? String(pk.S) : String(pk);
  return KINDS.find(([prefix]) => key.startsWith(prefix))?.[1] ?? "search words";
}
