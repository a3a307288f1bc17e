import type { Fault } from "../../domain/law.ts";
import type { InspectedQuestion } from "../../stores/dynamo/inspection.ts";
import type { Checkup, CheckupDeps } from "./checkup.ts";

/** Judges questions: listed where their state says, in the event log, and not long on their way there. */
export async function checkQuestions(
  questions: readonly InspectedQuestion[],
  lately: string,
  checkup: Checkup,
  { laws }: Pick<CheckupDeps, "laws">,
): Promise<void> {
  if (!checkup.has("questions-are-listed") || questions.length === 0) return;
  const copied = questions.filter(({ waitsSince }) => waitsSince === null);
  const missing = new Set(await laws.uncopied(copied.map(factOf)));
  checkup.found(
    questions.flatMap((inspected): Fault[] => {
      const { question, isListed, waitsSince } = inspected;
      const fault = (problem: string, repair: Fault["repair"]): Fault => ({
        law: "questions-are-listed",
        kind: "question",
        id: question.id,
        problem,
        repair,
      });
      if (!isListed) return [fault(`it is ${question.state}, but listed elsewhere`, null)];
      if (waitsSince !== null && waitsSince < lately)
        return [fault(`it waits for the event log since ${waitsSince}`, "copy-questions")];
      if (missing.has(factOf(inspected)))
        return [fault(`it is ${question.state}, and the event log does not know`, null)];
      return [];
    }),
  );
  const waiting = questions.length - copied.length;
  checkup.count("questions-are-listed", questions.length, waiting);
}

/** The last thing that happened to it, as the event log names it. */
function factOf({ question: { id, state } }: InspectedQuestion): string {
  return `${id}#${state === "unanswered" ? "asked" : state}`;
}
