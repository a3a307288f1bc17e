import { type IdMaker, idsFrom } from "../../domain/ids.ts";

/**
 * Ids of what a source calls so: of the same parts always the same. Only the first 48 bits come from a time, so
 * that a thing is recognised when another file of the same source knows an earlier one.
 */
export function sourceIds(...parts: readonly string[]): IdMaker {
  return idsFrom(parts.map((part) => part.replaceAll(/[\\|]/g, "\\$&")).join("|"));
}

/** What ids of the same parts have in common, whatever their times: of `01234567-89ab-` on. */
export function withoutTime(id: string): string {
  return id.slice(14);
}
