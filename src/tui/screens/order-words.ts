import { age } from "../ages.ts";
import type { Tone } from "../lines.ts";

const TONES: Readonly<Record<string, Tone>> = {
  reserved: "yellow",
  paid: "cyan",
  shipped: "blue",
  delivered: "green",
  completed: "green",
  not_delivered: "red",
  disputed: "magenta",
};

/** What is late about an order that stands too long in a state. */
const LATE: Readonly<Record<string, string>> = {
  reserved: "not expired",
  paid: "not handed over",
  shipped: "not arrived",
  not_delivered: "not seen to",
  delivered: "not completed",
  disputed: "not decided",
};

export const words = (text: string): string => text.replaceAll("_", " ");

/** The colour of a state; its name says the same. */
export const stateTone = (state: string): Tone => TONES[state] ?? "gray";

/** What is late about an order, and since how long; empty: nothing. */
export function stuckText(
  { state, stuckSince }: { state: string; stuckSince: string | null },
  now: string,
): string {
  return stuckSince === null ? "" : `! ${LATE[state] ?? "stuck"} ${age(stuckSince, now)}`;
}
