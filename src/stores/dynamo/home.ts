import { PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { HomeSection } from "../../domain/home.ts";
import type { Item } from "./batch.ts";
import type { Table } from "./client.ts";
import { whether } from "./errors.ts";

/** The home page: one item a section. */
export const homeStore = (table: Table) => ({
  /** Writes a section as of `position` in the event log; false when a newer one stands there. */
  putSection: (section: HomeSection, position: number): Promise<boolean> =>
    whether(
      table.client.send(
        new PutCommand({
          TableName: table.name,
          Item: { ...section, position, pk: "HOME", sk: `SECTION#${section.name}` },
          ConditionExpression: "attribute_not_exists(pk) OR #position <= :position",
          ExpressionAttributeNames: { "#position": "position" },
          ExpressionAttributeValues: { ":position": position },
        }),
      ),
    ),

  /** Every section, in the order in which they are shown. */
  readAll: async (): Promise<HomeSection[]> => {
    const sections: HomeSection[] = [];
    let start: Item | undefined;
    do {
      const { Items, LastEvaluatedKey } = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: "pk = :home",
          ExpressionAttributeValues: { ":home": "HOME" },
          ExclusiveStartKey: start,
        }),
      );
      sections.push(...(Items ?? []).map(parse));
      start = LastEvaluatedKey;
    } while (start);
    return sections.sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  },
});
export type HomeStore = ReturnType<typeof homeStore>;

function parse(item: Item): HomeSection {
  const { pk, sk, position, ...section } = item;
  return section as unknown as HomeSection;
}
