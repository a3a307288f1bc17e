import { expect, test } from "vitest";
import { TRANSITIONS } from "../src/domain/transitions.ts";
import { walkOrders, walkPublications } from "./transitions/flows.ts";
import { openShop, type Shop } from "./transitions/shop.ts";

/** Which event of the log is which of a question. */
const QUESTION_EVENTS: Readonly<Record<string, string>> = {
  asked: "ask",
  answered: "answer",
  deleted: "delete",
  closed_unanswered: "close",
};

interface Row {
  machine: string;
  from: string | null;
  event: string;
  to: string;
}

const named = ({ machine, from, event, to }: Row) =>
  `${machine}: ${from ?? "nothing"}, ${event}, ${to}`;

/** Every transition that occurred: as it was written down, and of questions as the log tells it. */
async function occurred({ admin }: Shop): Promise<Row[]> {
  const written = await admin.query<Row>(
    `select distinct machine, from_state as "from", event, to_state as "to" from transition`,
  );
  const told = await admin.query<Omit<Row, "machine">>(
    `select distinct lag(data->>'state') over (partition by subject_id order by revision, id) as "from",
       replace(type, 'question.', '') as event, data->>'state' as "to"
     from event where subject_kind = 'question'`,
  );
  const ofQuestions = told.rows.map((row) => {
    return { ...row, machine: "question", event: QUESTION_EVENTS[row.event] ?? row.event };
  });
  return [...written.rows, ...ofQuestions];
}

test("every transition of the table occurs, and no other", { timeout: 60_000 }, async (t) => {
  const shop = await openShop(t);
  await walkPublications(shop);
  await walkOrders(shop);
  const rows = (await occurred(shop)).map(named);
  expect(rows.sort()).toEqual(TRANSITIONS.map(named).sort());
});
