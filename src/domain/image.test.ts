import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MktError } from "../errors.ts";
import { checkImage, IMAGE_MAX_BYTES } from "./image.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/images/${name}`, import.meta.url));

const images = [
  { name: "lamp.jpg", mediaType: "image/jpeg" },
  { name: "table.png", mediaType: "image/png" },
  { name: "chair.webp", mediaType: "image/webp" },
  { name: "vase.gif", mediaType: "image/gif" },
];

test.for(images)("$name is $mediaType", ({ name, mediaType }) => {
  expect(checkImage(fixture(name))).toEqual({ mediaType });
});

test.for(images)("$name cut short anywhere is refused", ({ name }) => {
  const whole = fixture(name);
  // A GIF may end without its trailer, which is its last byte.
  const shortest = name.endsWith(".gif") ? whole.length - 1 : whole.length;
  for (let length = 0; length < shortest; length += 1) {
    expect(() => checkImage(whole.subarray(0, length)), `${length} bytes`).toThrow(MktError);
  }
});

test("whatever the bytes, the answer is a media type or a refusal", () => {
  const begun = fc
    .tuple(fc.constantFrom(...images.map(({ name }) => fixture(name))), fc.nat(), fc.nat(255))
    .map(([bytes, at, value]) => {
      const changed = Buffer.from(bytes);
      changed[at % changed.length] = value;
      return changed;
    });
  fc.assert(
    fc.property(fc.oneof(begun, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      try {
        checkImage(bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: "MktError", code: "invalid" });
      }
    }),
    { numRuns: 3_000 },
  );
});

test.for([
  { what: "nothing", bytes: "", says: "the image is empty" },
  { what: "text", bytes: "lamp,25.00", says: "not a JPEG, PNG, WebP or GIF image" },
  { what: "a PDF", bytes: "%PDF-1.7", says: "not a JPEG, PNG, WebP or GIF image" },
  { what: "a web page", bytes: "<!doctype html><html></html>", says: "not a JPEG" },
  {
    what: "an SVG",
    bytes: '<svg xmlns="http://www.w3.org/2000/svg"/>',
    says: "SVG images are not",
  },
  {
    what: "an SVG behind a declaration",
    bytes: '\ufeff<?xml version="1.0"?>\n<!-- drawn -->\n<svg onload="alert(1)"/>',
    says: "SVG images are not taken: they can hold scripts",
  },
])("$what is refused", ({ bytes, says }) => {
  expect(() => checkImage(Buffer.from(bytes))).toThrow(
    expect.objectContaining({ code: "invalid", message: expect.stringContaining(says) }),
  );
});

test("an image of up to 10 MiB is taken, a byte more is not", () => {
  const lamp = fixture("lamp.jpg");
  const largest = Buffer.concat([lamp, Buffer.alloc(IMAGE_MAX_BYTES - lamp.length)]);
  expect(checkImage(largest)).toEqual({ mediaType: "image/jpeg" });
  expect(() => checkImage(Buffer.concat([largest, Buffer.alloc(1)]))).toThrow(/at most 10 MiB/);
});

test("a few bytes that claim an enormous picture are refused", () => {
  const vase = fixture("vase.gif");
  vase.writeUInt16LE(20_000, 6);
  expect(() => checkImage(vase)).toThrow(/20000 × \d+; each side is 1 to 16384/);
  vase.writeUInt16LE(0, 6);
  expect(() => checkImage(vase)).toThrow(/the image is 0 ×/);
});
