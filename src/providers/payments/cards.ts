import { createHash } from "node:crypto";

/** What a test card does to those who charge it: the token's words behind `tok_`, and its usual last digits. */
const LAST_FOUR = {
  approved: "4242",
  declined: "9995",
  declined_expired_card: "0069",
  declined_bad_security_code: "0127",
  declined_high_risk: "4954",
  declined_call_for_authorize: "3220",
  second_step: "3155",
  ticket: "3001",
  ticket_unpaid: "3002",
  timeout: "4044",
  refund_fails: "5126",
  refund_fails_once: "5127",
  chargeback: "0259",
  chargeback_won: "0260",
  chargeback_lost: "0261",
} as const;

export type CardBehaviour = keyof typeof LAST_FOUR;

export const CARD_BEHAVIOURS = Object.keys(LAST_FOUR) as CardBehaviour[];

export interface Card {
  behaviour: CardBehaviour;
  instrument: { brand: string; lastFour: string; fingerprint: string };
}

const TOKEN = /^tok_([a-z_]+?)(?:_(\d{4}))?$/;

/**
 * The card behind a token, or undefined; docs/decisions/simulators.md lists them. Four digits after it
 * make another card of the same kind, so that buyers can have cards of their own: `tok_approved_1881`.
 */
export function cardOf(token: string): Card | undefined {
  const match = TOKEN.exec(token);
  const behaviour = CARD_BEHAVIOURS.find((known) => known === match?.[1]);
  if (!behaviour) return undefined;
  const lastFour = match?.[2] ?? LAST_FOUR[behaviour];
  const brand = behaviour.startsWith("ticket") ? "ticket" : "visa";
  const fingerprint = createHash("sha256").update(`${behaviour} ${lastFour}`).digest("hex");
  return { behaviour, instrument: { brand, lastFour, fingerprint: fingerprint.slice(0, 32) } };
}
