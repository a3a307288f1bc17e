import { idsFrom } from "../ids.ts";
import type { ActivityRow } from "../past/rows.ts";
import { HOUR_MS, isoOf, MINUTE_MS } from "./calendar.ts";
import { diceOf } from "./dice.ts";
import { mistyped, nameOf, typedFor, typedInVain } from "./typed-words.ts";
import type { SeedPublication, World } from "./world.ts";

const SECOND_MS = 1_000;

/** Tells what people of a group looked at, before they bought or asked, or without either. */
export interface Visits {
  /** Looks for things and buys them at a time, some after a first look hours before. */
  beforeBuying(buyer: number, offers: readonly SeedPublication[], placedMs: number): void;
  /** Goes straight to a thing, as who knows where it is. */
  straightTo(buyer: number, offer: SeedPublication, placedMs: number): void;
  beforeAsking(asker: number, offer: SeedPublication, askedMs: number): void;
  /** So many others, about, come for a thing such as this and buy nothing. */
  idly(offer: SeedPublication, people: number): void;
}

/** One after the other towards the end of a visit: steps are told from the last to the first. */
interface Visit {
  /** The index of a user; nobody knows who it is without. */
  user: number | undefined;
  /** When its next step to be told happened. */
  atMs: number;
  /** Nothing of it happened before. */
  notBeforeMs: number;
}

/** Has dice and ids of its own, so that what is bought does not hang on what is looked at. */
export function visitsOf(world: World, name: string, rows: ActivityRow[]): Visits {
  const dice = diceOf(`${name}:visits`);
  const newId = idsFrom(`${name}:visits`);
  const { words, calendar, source } = world;

  const tell = (
    { user, atMs }: Visit,
    kind: ActivityRow["kind"],
    publicationId: string | null = null,
    words: string | null = null,
    resultCount: number | null = null,
  ) => {
    // Who was not registered yet looked around without a login.
    const isKnown = user !== undefined && world.joinedMs(user) <= atMs;
    const userId = isKnown ? world.userId(user) : null;
    const at = isoOf(atMs);
    rows.push({ id: newId(atMs), kind, userId, publicationId, words, resultCount, at, source });
  };
  const back = (visit: Visit, least: number, most: number) => {
    visit.atMs = Math.max(visit.notBeforeMs, Math.floor(visit.atMs - dice.between(least, most)));
  };
  const view = (visit: Visit, { id, createdMs }: SeedPublication) => {
    if (createdMs <= visit.atMs) tell(visit, "view", id);
  };
  const search = (visit: Visit, text: string, count = world.found(text, visit.atMs)) =>
    tell(visit, "search", null, text, count);
  /** Before what was found: what was typed for it, after what was typed in vain, and where it began. */
  const arrive = (visit: Visit, offer: SeedPublication, searches: number, home: number) => {
    if (dice.chance(searches)) {
      back(visit, 6 * SECOND_MS, 70 * SECOND_MS);
      const text = dice.chance(0.06) ? mistyped(offer, dice) : typedFor(offer, words, dice);
      const count = world.found(text, visit.atMs);
      if (count === 0) {
        // Nobody finds a thing by this: it was typed again.
        search(visit, nameOf(offer, dice));
        back(visit, 3 * SECOND_MS, 20 * SECOND_MS);
      }
      search(visit, text, count);
    }
    if (!dice.chance(home)) return;
    back(visit, 4 * SECOND_MS, 60 * SECOND_MS);
    tell(visit, "home");
  };
  const visitTo = (
    user: number | undefined,
    offers: readonly SeedPublication[],
    atMs: number,
    knownMs = 0,
  ): Visit => ({
    user,
    atMs: Math.floor(atMs),
    notBeforeMs: Math.max(knownMs, ...offers.map(({ createdMs }) => createdMs)),
  });
  const lookAround = (offer: SeedPublication) => {
    const atMs = calendar.saleTime(dice, offer.createdMs, offer.category.season);
    const user = dice.chance(0.4) ? undefined : world.buyerAt(dice, atMs, [offer.seller]);
    const visit = visitTo(user, [offer], atMs);
    const fate = dice.unit();
    if (fate < 0.12) return tell(visit, "home");
    if (fate < 0.22) {
      search(visit, dice.chance(0.75) ? typedInVain(words, dice) : mistyped(offer, dice));
      return arrive(visit, offer, 0, 0.3);
    }
    // Many look at nothing of what they found.
    const isSeen = fate > 0.52;
    if (isSeen) view(visit, offer);
    arrive(visit, offer, isSeen ? 0.65 : 1, 0.3);
  };

  return {
    beforeBuying: (buyer, offers, placedMs) => {
      const [first] = offers;
      if (!first) return;
      const visit = visitTo(buyer, offers, placedMs, world.joinedMs(buyer));
      for (const offer of offers.toReversed()) {
        back(visit, 15 * SECOND_MS, 4 * MINUTE_MS);
        view(visit, offer);
      }
      const earlier = visitTo(buyer, [first], placedMs - dice.between(0.5, 30) * HOUR_MS);
      const isSecond = dice.chance(0.2) && earlier.atMs >= earlier.notBeforeMs;
      arrive(visit, first, isSecond ? 0.2 : 0.55, 0.35);
      if (!isSecond) return;
      view(earlier, first);
      arrive(earlier, first, 0.75, 0.35);
    },
    straightTo: (buyer, offer, placedMs) => {
      const visit = visitTo(buyer, [offer], placedMs, world.joinedMs(buyer));
      back(visit, 4 * SECOND_MS, 40 * SECOND_MS);
      view(visit, offer);
    },
    beforeAsking: (asker, offer, askedMs) => {
      const visit = visitTo(asker, [offer], askedMs, world.joinedMs(asker));
      back(visit, 30 * SECOND_MS, 6 * MINUTE_MS);
      view(visit, offer);
      arrive(visit, offer, 0.6, 0.3);
    },
    idly: (offer, people) => {
      const count = Math.floor(people + dice.unit());
      for (let person = 0; person < count; person++) lookAround(offer);
    },
  };
}
