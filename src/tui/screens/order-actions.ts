import { formatMinor } from "../../domain/money.ts";
import type { PossibleTransition } from "../../operations/explain-order.ts";
import type { OrderStory } from "../../operations/show-order.ts";
import { timesIn } from "../ages.ts";
import type { Action } from "../screen.ts";
import type { OrderDetail } from "./order-detail.ts";
import { words } from "./order-words.ts";

/** Commands that move money or cannot be taken back: what is typed before them. */
const CONFIRMED: readonly (readonly [RegExp, string])[] = [
  [/^mkt payment refund /, "refund"],
  [/^mkt payment capture /, "capture"],
  [/^mkt dispute resolve .*--refund/, "refund"],
  [/^mkt dispute resolve .*--dismiss/, "dismiss"],
  [/^mkt order cancel /, "cancel"],
  [/^mkt pay /, "pay"],
  [/^mkt clock advance /, "advance"],
  [/^mkt trigger /, "trigger"],
];
/** What people call what a command does to make a step, where that is not what the step is called. */
const TITLES: readonly (readonly [RegExp, string])[] = [
  [/^mkt ship \S+ --handed-over/, "hand over to the carrier"],
  [/^mkt ship .*\((prepare|label) shipment\)$/, "ship"],
  [/^mkt payment refund .*--amount/, "refund a part"],
  [/^mkt payment refund /, "refund all that is left"],
  [/^mkt dispute resolve .*--amount/, "give a part back, and decide the dispute"],
  [/^mkt dispute resolve .*--refund/, "give all of it back, and decide the dispute"],
  [/^mkt dispute resolve .*--dismiss/, "dismiss the dispute"],
  [/^mkt shipment track /, "ask the carrier where it is"],
];
/** What makes providers or time do something in a test marketplace comes last. */
const PRETENDED = /^mkt (clock|trigger) /;

/** Whatever `mkt order why` has a command for, questions that wait, and webhooks that failed. */
export function orderActions(detail: OrderDetail): Action[] {
  const { story, outlook, failedWebhooks } = detail;
  const named = outlook.transitions.filter(({ command }) => command !== null);
  const rank = ({ possible, command }: PossibleTransition) =>
    (possible ? 0 : 1) + (PRETENDED.test(command ?? "") ? 2 : 0);
  const first = named.toSorted((a, b) => rank(a) - rank(b));
  const actions = first.map((transition) => actionOf(transition, detail));
  const answers = story.questions
    .filter(({ state }) => state === "unanswered")
    .map(
      ({ id, text }): Action => ({
        title: `answer: ${text}`,
        command: `mkt answer ${id} TEXT`,
        blockedBy: null,
        confirm: null,
      }),
    );
  const retries = failedWebhooks.map(
    ({ id, type }): Action => ({
      title: `retry webhook ${type ?? id}`,
      command: `mkt webhook resend ${id}`,
      blockedBy: null,
      confirm: null,
    }),
  );
  return uniqueCommands([...actions, ...answers, ...retries]);
}

function actionOf(
  { event, machine, possible, blockedBy, command }: PossibleTransition,
  { story, timeZone }: OrderDetail,
): Action {
  const line = command ?? "";
  const step = machine === "order" ? words(event) : `${words(event)} ${machine}`;
  const what = TITLES.find(([pattern]) => pattern.test(`${line} (${step})`))?.[1] ?? step;
  return {
    // Where something blocks it, the command removes that.
    title: possible || what !== step ? what : `${what} (${timesIn(blockedBy ?? "", timeZone)})`,
    command: line,
    blockedBy: null,
    confirm: confirmOf(line, story),
  };
}

/** What is typed before a command that moves money, and what it comes to; null: nothing. */
function confirmOf(command: string, story: OrderStory): Action["confirm"] {
  const word = CONFIRMED.find(([pattern]) => pattern.test(command))?.[1];
  if (word === undefined) return null;
  const amount = /AMOUNT/.test(command)
    ? "a part of the money"
    : formatMinor(story.totalMinor, story.currency);
  return { word, sentence: `Order ${story.id.slice(0, 13)}, ${amount}.` };
}

/** The same command leads to several steps: the first that it is named for keeps it. */
function uniqueCommands(actions: readonly Action[]): Action[] {
  return actions.filter(
    ({ command }, index) => actions.findIndex((other) => other.command === command) === index,
  );
}
