import type { IdMaker } from "../ids.ts";
import type { Question } from "../question.ts";
import { HOUR_MS, isoOf } from "./calendar.ts";
import type { Dice } from "./dice.ts";
import type { Visits } from "./visit-story.ts";
import type { SeedPublication, World } from "./world.ts";

/** What is asked about a publication, by somebody who viewed it: about every fifth of them is asked about. */
export function questionsAbout(
  about: SeedPublication,
  world: World,
  dice: Dice,
  newId: IdMaker,
  visits: Visits,
): Question[] {
  const { id: publicationId, seller, createdMs } = about;
  const draw = dice.unit();
  const count = draw < 0.85 ? 0 : draw < 0.96 ? 1 : 2;
  const { endMs } = world.calendar;
  return Array.from({ length: count }, (): Question => {
    const askedMs = Math.floor(dice.between(Math.max(createdMs, world.calendar.startMs), endMs));
    const asker = world.buyerAt(dice, askedMs, [seller]);
    visits.beforeAsking(asker, about, askedMs);
    const answeredMs = Math.floor(askedMs + dice.between(0.1, 1) * dice.between(0.1, 40) * HOUR_MS);
    const isAnswered = dice.chance(0.88) && answeredMs < endMs;
    const text = dice.pick(world.words.questions);
    const answer = dice.pick(world.words.answers);
    return {
      id: newId(askedMs),
      publicationId,
      sellerId: world.userId(seller),
      askerId: world.userId(asker),
      text,
      askedAt: isoOf(askedMs),
      state: isAnswered ? "answered" : "unanswered",
      answer: isAnswered ? answer : null,
      answeredAt: isAnswered ? isoOf(answeredMs) : null,
      version: isAnswered ? 2 : 1,
      sellerReadAt: isAnswered ? isoOf(answeredMs) : null,
      askerReadAt: null,
    };
  });
}
