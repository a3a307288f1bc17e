import { createHash } from "node:crypto";

/** What a test card does to those who charge it. */
export const CARD_BEHAVIOURS = ["approved", "declined", "timeout", "refund_fails"] as const;

export type CardBehaviour = (typeof CARD_BEHAVIOURS)[number];

export interface Card {
  behaviour: CardBehaviour;
  instrument: { brand: string; lastFour: string; fingerprint: string };
}

const TOKEN = /^tok_(approved|declined|timeout|refund_fails)(?:_(\d{4}))?$/;
const LAST_FOUR: Record<CardBehaviour, string> = {
  approved: "4242",
  declined: "9995",
  timeout: "4044",
  refund_fails: "5126",
};

/**
 * The card behind a token, or undefined: `tok_approved`, `tok_declined` (insufficient funds),
 * `tok_timeout` (charges, then does not answer), `tok_refund_fails`. Four digits after it make
 * another card of the same kind, so that buyers can have cards of their own: `tok_approved_1881`.
 */
export function cardOf(token: string): Card | undefined {
  const match = TOKEN.exec(token);
  const behaviour = CARD_BEHAVIOURS.find((known) => known === match?.[1]);
  if (!behaviour) return undefined;
  const lastFour = match?.[2] ?? LAST_FOUR[behaviour];
  const fingerprint = createHash("sha256").update(`${behaviour} ${lastFour}`).digest("hex");
  return {
    behaviour,
    instrument: { brand: "visa", lastFour, fingerprint: fingerprint.slice(0, 32) },
  };
}
