import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { resolveCategory } from "./manage-categories.ts";

const WHOLE_BPS = 10_000;

/**
 * Sets what the marketplace keeps of what is sold in a category, in basis points. Orders that were placed
 * before keep their fee. Throws `invalid` beyond the whole price.
 */
export async function setFee(
  { actor, category: text, feeBps }: { actor: Actor; category: string; feeBps: number },
  deps: Pick<Deps, "categories" | "lookup" | "now">,
): Promise<{ id: string; name: string; feeBps: number; feeBpsBefore: number }> {
  requireStaff(actor, "operator");
  if (!Number.isInteger(feeBps) || feeBps < 0 || feeBps > WHOLE_BPS) {
    throw new MktError("invalid", "a fee is from 0 to 10000 basis points, which is all of it", {
      hint: 'mkt category fee "Lighting" 12.5%',
    });
  }
  const { id, name } = await resolveCategory(text, deps);
  const feeBpsBefore = await deps.categories.setFee(id, feeBps, actor.userId, deps.now());
  return { id, name, feeBps, feeBpsBefore };
}
