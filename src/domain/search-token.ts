import { createHash } from "node:crypto";
import * as z from "zod";
import { MktError } from "../errors.ts";

const TOKEN_LENGTH_MAX = 16_384;
const name = z.string().max(200);
const count = z.number().int().min(-1e12).max(1e12);

const tokenSchema = z.strictObject({
  /** Which search it continues. */
  search: z.string().regex(/^[0-9a-f]{16}$/),
  total: count,
  documents: z.array(z.tuple([name, count])).max(250),
  /** What the last word's beginning was taken to mean, `null` when it is a word itself. */
  endings: z
    .strictObject({
      variants: z
        .array(z.strictObject({ language: z.enum(["es", "en", "pt"]), stem: name }))
        .max(20),
      more: z.boolean(),
    })
    .nullable(),
  /** The last row shown: the next page begins behind it. */
  after: z.strictObject({ order: z.array(z.number()).min(1).max(2), id: name }),
});

/** What the next page of a search needs so that it counts and orders as the first one did. */
export type SearchToken = z.infer<typeof tokenSchema>;

/** Names a search: a token of one does not continue another. */
export function fingerprint(search: unknown): string {
  return createHash("sha256").update(JSON.stringify(search)).digest("hex").slice(0, 16);
}

export function encodeSearchToken(token: SearchToken): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** The token of this search, or MktError `invalid`. */
export function decodeSearchToken(text: string, search: string): SearchToken {
  const parsed = tokenSchema.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.search !== search) {
    throw new MktError("invalid", "the page token does not belong to this search", {
      hint: "repeat the search with the same words, filters and sort",
    });
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  if (text.length > TOKEN_LENGTH_MAX) return undefined;
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
