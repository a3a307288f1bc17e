import { isRowError } from "./run-rows.ts";

/** What there was before a row is done; null where something is wrong with the row, which `apply` will say. */
export async function ifRight<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (isRowError(error)) return null;
    throw error;
  }
}
