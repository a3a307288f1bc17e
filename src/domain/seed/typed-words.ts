import type { Dice } from "./dice.ts";
import type { Words } from "./words.ts";
import type { SeedPublication } from "./world.ts";

/** What somebody types who looks for a thing such as this. */
export function typedFor({ made, category }: SeedPublication, words: Words, dice: Dice): string {
  const { thing, kind, brand, detail } = made;
  const draw = dice.unit();
  if (draw < 0.4) return asTyped(thing, dice);
  if (draw < 0.72) return asTyped(words.phrase(thing, kind), dice);
  if (draw < 0.84) return asTyped(`${thing} ${brand}`, dice);
  if (draw < 0.9) return asTyped(`${thing} ${detail}`, dice);
  if (draw < 0.97) return asTyped(brand, dice);
  return asTyped(category.name, dice);
}

/** What a thing is called, as somebody types it: whatever is offered is found by it. */
export function nameOf({ made }: SeedPublication, dice: Dice): string {
  return asTyped(made.thing, dice);
}

/** What somebody types who looks for what nobody sells. */
export function typedInVain({ unsold }: Words, dice: Dice): string {
  // The first of the list are missed the most.
  const draw = dice.unit();
  return asTyped(unsold[Math.floor(draw * draw * unsold.length)] ?? "", dice);
}

/** A thing's name with a slip of the finger in it. */
export function mistyped(publication: SeedPublication, dice: Dice): string {
  const word = nameOf(publication, dice);
  const at = 1 + dice.below(Math.max(1, word.length - 2));
  const [before, here, next, after] = [
    word.slice(0, at),
    word.charAt(at),
    word.charAt(at + 1),
    word.slice(at + 2),
  ];
  const slip = dice.below(3);
  if (slip === 0) return `${before}${next}${here}${after}`;
  if (slip === 1) return `${before}${next}${after}`;
  return `${before}${here}${here}${next}${after}`;
}

/** Most leave capitals and accents out; a tilde over an n is a letter of its own. */
function asTyped(text: string, dice: Dice): string {
  const small = text.toLowerCase();
  const plain = dice.chance(0.6) ? withoutAccents(small) : small;
  return dice.chance(0.12) ? plain.charAt(0).toUpperCase() + plain.slice(1) : plain;
}

function withoutAccents(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/(?<!n)[\u0300-\u036f]/g, "")
    .normalize("NFC");
}
