import pMap from "p-map";
import type { StoredPage } from "../../stores/dynamo/pages.ts";
import type { Checkup, CheckupDeps } from "./checkup.ts";

type ImageDeps = Pick<CheckupDeps, "laws" | "objects">;

const AT_ONCE = 8;
const PREFIX = "images/";
const KEYS_AT_ONCE = 1_000;
const PUBLICATIONS_AT_ONCE = 2_000;
/** An image is stored before the publication that shows it. */
const NEW_MS = 60 * 60_000;

/** Judges images by their bytes: each is read once, however many pages show it. */
export function imageCheck(checkup: Checkup, { objects }: Pick<ImageDeps, "objects">) {
  const read = new Set<string>();
  return {
    hearPages: async (pages: readonly StoredPage[]): Promise<void> => {
      if (!checkup.has("images-are-whole")) return;
      const shown = new Map(
        pages.flatMap(({ id, images }) => images.map((image) => [image, id] as const)),
      );
      const unread = [...shown].filter(([image]) => !read.has(image));
      await pMap(
        unread,
        async ([image, publicationId]) => {
          checkup.step("reading images", 1);
          read.add(image);
          const digest = await objects.imageDigest(image);
          checkup.count("images-are-whole", 1);
          if (digest === image) return;
          const what = digest === undefined ? "is not in S3" : `hashes to ${digest}`;
          checkup.found([
            {
              law: "images-are-whole",
              kind: "image",
              id: image,
              problem: `it ${what}; publication ${publicationId} shows it`,
              repair: null,
            },
          ]);
        },
        { concurrency: AT_ONCE },
      );
    },
  };
}

/** How many images no publication ever showed, by the documents of all versions. They harm nobody. */
export async function countOrphans(
  checkup: Checkup,
  { laws, objects }: ImageDeps,
): Promise<number> {
  if (!checkup.has("images-are-whole")) return 0;
  const shown = new Set<string>();
  let after: string | undefined;
  for (;;) {
    checkup.step("listing images", 0);
    const range = await laws.nextRange("publication", after, PUBLICATIONS_AT_ONCE);
    if (!range) break;
    for (const image of await laws.imagesOf(range)) shown.add(image);
    after = range.last;
  }
  let orphans = 0;
  let behind = PREFIX;
  for (;;) {
    checkup.step("listing images", 0);
    const listed = await objects.listObjects(PREFIX, { after: behind, limit: KEYS_AT_ONCE });
    const old = listed.filter(({ modifiedAt }) => Date.now() - modifiedAt.getTime() > NEW_MS);
    orphans += old.filter(({ key }) => !shown.has(key.slice(PREFIX.length))).length;
    const last = listed.at(-1);
    if (!last || listed.length < KEYS_AT_ONCE) return orphans;
    behind = last.key;
  }
}
