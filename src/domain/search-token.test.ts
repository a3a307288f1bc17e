import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSearchToken, encodeSearchToken, fingerprint } from "./search-token.ts";

const search = fingerprint(["lamp"]);
const count = fc.integer({ min: -5, max: 1e12 });
const variant = fc.record({ language: fc.constantFrom("es", "en", "pt"), stem: fc.string() });
const tokens = fc.record({
  search: fc.constant(search),
  total: count,
  documents: fc.array(fc.tuple(fc.string(), count)),
  endings: fc.option(fc.record({ variants: fc.array(variant), more: fc.boolean() })),
  after: fc.record({
    order: fc.array(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      { minLength: 1, maxLength: 2 },
    ),
    id: fc.uuid(),
  }),
});

test("what is put into a token comes out of it, to the last digit", () => {
  fc.assert(
    fc.property(tokens, (token) => {
      expect(decodeSearchToken(encodeSearchToken(token), search)).toEqual(token);
    }),
  );
});

test("a token of another search is refused", () => {
  const other = fingerprint(["lamps"]);
  fc.assert(
    fc.property(tokens, (token) => {
      expect(() => decodeSearchToken(encodeSearchToken(token), other)).toThrow(
        "does not belong to this search",
      );
    }),
  );
});

test("garbage is refused as garbage, never with a stack", () => {
  const garbage = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((text) => Buffer.from(text).toString("base64url")),
    tokens.map((token) => encodeSearchToken({ ...token, total: 0.5 })),
    tokens.map((token) => encodeSearchToken(token).slice(0, -2)),
    fc.constant("A".repeat(20_000)),
  );
  fc.assert(
    fc.property(garbage, (text) => {
      expect(() => decodeSearchToken(text, search)).toThrow(
        expect.objectContaining({ name: "MktError", code: "invalid" }),
      );
    }),
  );
});
