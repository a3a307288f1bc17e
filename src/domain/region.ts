import { MktError } from "../errors.ts";
import { tidyText } from "./mapping/tidy-text.ts";
import { checkText } from "./user.ts";

// A region is a state or province (`SP`, `Buenos Aires`, `FR-75`): reports say where parcels go by it, and nobody can be
// found in it. So it has no digits, which are those of houses and postal codes, but for a code of ISO 3166-2.

const REGION_LIMIT = 60;
const COARSE = /^(?:[^@＠\p{Nd}\p{Cc}]+|[A-Z]{2}-[A-Z0-9]{1,3})$/u;

export function isRegion(text: string): boolean {
  return text !== "" && [...text].length <= REGION_LIMIT && COARSE.test(text);
}

/** What somebody typed as a region, or `invalid`. */
export function checkRegion(text: string): string {
  const region = checkText("region", text.normalize("NFC"), REGION_LIMIT);
  if (isRegion(region)) return region;
  throw new MktError("invalid", `${JSON.stringify(region)} is not a region`, {
    hint: "name a state or province, as in Buenos Aires, SP or FR-75; streets and numbers belong to the address",
  });
}

/** What a source says of a region; null when it says nothing, or something finer. */
export function tidyRegion(text: string | null): string | null {
  const region = tidyText(text, REGION_LIMIT).normalize("NFC");
  return isRegion(region) ? region : null;
}
