import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { resolveCategory } from "./manage-categories.ts";

const WHOLE_BPS = 10_000;

interface FeeRequest {
  actor: Actor;
  /** By its name or the beginning of its id. */
  category: string;
  /** Basis points. */
  feeBps: number;
}

type FeeDeps = Pick<Deps, "categories" | "lookup" | "now">;

/**
 * Sets what the marketplace keeps of what is sold in a category, in basis points. Orders that were placed
 * before keep their fee. Throws `invalid` beyond the whole price.
 */
export async function setFee(
  request: FeeRequest,
  deps: FeeDeps,
): Promise<{ id: string; name: string; feeBps: number; feeBpsBefore: number }> {
  const { id, name } = await checkFee(request, deps);
  const { actor, feeBps } = request;
  const feeBpsBefore = await deps.categories.setFee(id, feeBps, actor.userId, deps.now());
  return { id, name, feeBps, feeBpsBefore };
}

/** What `setFee` would give; throws what it would throw. */
export async function planFee(
  request: FeeRequest,
  deps: FeeDeps & Pick<Deps, "rehearse">,
): Promise<{ id: string; name: string; feeBps: number; feeBpsBefore: number }> {
  const { id, name } = await checkFee(request, deps);
  const { actor, feeBps } = request;
  const feeBpsBefore = await deps.rehearse(({ categories }) =>
    categories.setFee(id, feeBps, actor.userId, deps.now()),
  );
  return { id, name, feeBps, feeBpsBefore };
}

async function checkFee(
  { actor, category, feeBps }: FeeRequest,
  deps: FeeDeps,
): Promise<{ id: string; name: string }> {
  requireStaff(actor, "operator");
  if (!Number.isInteger(feeBps) || feeBps < 0 || feeBps > WHOLE_BPS) {
    throw new MktError("invalid", "a fee is from 0 to 10000 basis points, which is all of it", {
      hint: 'mkt category fee "Lighting" 12.5%',
    });
  }
  return resolveCategory(category, deps);
}
