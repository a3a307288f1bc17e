import { GetCommand } from "@aws-sdk/lib-dynamodb";
import type { Table } from "./client.ts";
import { describe, type TableDescription } from "./table.ts";

/** Capacity that this process's own calls used; DynamoDB's units. */
export interface UsedCapacity {
  readUnits: number;
  writeUnits: number;
  requests: number;
}

export type CapacityStore = ReturnType<typeof capacityStore>;

const WRITES = /^(Put|Update|Delete|BatchWrite|TransactWrite)/;
/** Requests that name what they are about; those about the table itself use no capacity. */
const COUNTED = ["Key", "Item", "KeyConditionExpression", "RequestItems"];

/** How the table stands, and what its use costs: from now on all calls of this process are counted. */
export const capacityStore = (table: Table) => {
  const used: UsedCapacity = { readUnits: 0, writeUnits: 0, requests: 0 };
  countCapacity(table, used);
  return {
    used: async (): Promise<UsedCapacity> => ({ ...used }),

    describe: (): Promise<TableDescription | undefined> => describe(table),

    /** Reads an item that is nowhere: the cheapest request that the engine has to answer. */
    ping: async (): Promise<void> => {
      await table.client.send(
        new GetCommand({ TableName: table.name, Key: { pk: "PING", sk: "PING" } }),
      );
    },
  };
};

function countCapacity({ client }: Table, used: UsedCapacity): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (request) => {
        const input: object = request.input;
        if (!COUNTED.some((name) => name in input)) return next(request);
        const answer = await next({
          ...request,
          input: { ...request.input, ReturnConsumedCapacity: "TOTAL" },
        });
        const units = unitsOf(answer.output);
        used.requests += 1;
        if (WRITES.test(commandName)) used.writeUnits += units;
        else used.readUnits += units;
        return answer;
      },
    { step: "initialize", name: "countCapacity", priority: "low" },
  );
}

function unitsOf(output: object): number {
  if (!("ConsumedCapacity" in output)) return 0;
  const consumed = [output.ConsumedCapacity].flat() as ({ CapacityUnits?: number } | undefined)[];
  return consumed.reduce((sum, one) => sum + (one?.CapacityUnits ?? 0), 0);
}
