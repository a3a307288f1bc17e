import type { Inspected, ItemKind } from "../../stores/dynamo/inspection.ts";
import type { Checkup, CheckupDeps } from "./checkup.ts";

const PARTS = 4;

/** Reads the whole table once, several parts at a time, as far as some law asks for what stands there. */
export async function readTable(
  checkup: Checkup,
  { inspection }: Pick<CheckupDeps, "inspection">,
  judge: (items: Inspected) => Promise<void>,
): Promise<void> {
  const kinds: ItemKind[] = [
    ...(checkup.has("pages-match-rows") ? (["page"] as const) : []),
    ...(checkup.has("postings-match-pages") ? (["posting"] as const) : []),
    ...(checkup.has("questions-are-listed") ? (["question"] as const) : []),
  ];
  if (kinds.length === 0) return;
  const readPart = async (part: number) => {
    let start: Inspected["next"];
    do {
      checkup.step("reading DynamoDB", 0);
      const items = await inspection.scan(kinds, { part, parts: PARTS, start });
      await judge(items);
      checkup.step("reading DynamoDB", items.postings.length + items.questions.length);
      start = items.next;
    } while (start);
  };
  await Promise.all(Array.from({ length: PARTS }, (_, part) => readPart(part)));
}
