import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";

const LINK_SECONDS = 3_600;

/**
 * The same things with links in place of their images' hashes. Without S3 they come without images: what
 * people read stands in DynamoDB.
 */
export async function withImageLinks<T extends { images: readonly string[] }>(
  items: readonly T[],
  { objects, notice }: Pick<Deps, "objects" | "notice">,
): Promise<T[]> {
  try {
    return await Promise.all(
      items.map(async (item) => {
        const links = item.images.map((hash) => objects.imageLink(hash, LINK_SECONDS));
        return { ...item, images: await Promise.all(links) };
      }),
    );
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    notice("S3 cannot be reached: images are left out");
    return items.map((item) => ({ ...item, images: [] }));
  }
}
