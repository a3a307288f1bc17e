import { expect, test } from "vitest";
import { keysDocument, keysFor } from "./keys.ts";
import { SCREENS } from "./screens/all.ts";

test("docs/keys.md is what the table says", async () => {
  await expect(keysDocument(SCREENS)).toMatchFileSnapshot("../../docs/keys.md");
});

test("no key means two things in one place", () => {
  for (const screen of SCREENS) {
    const meanings = keysFor(SCREENS, screen).flatMap(({ presses, places }) =>
      presses.flatMap((press) => places.map((place) => `${place} ${press}`)),
    );
    expect(meanings.filter((one, index) => meanings.indexOf(one) !== index)).toEqual([]);
  }
});
