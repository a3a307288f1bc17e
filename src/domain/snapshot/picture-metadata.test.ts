import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { packageDirectory } from "../../config.ts";
import { checkImage } from "../image.ts";
import { withoutMetadata } from "./picture-metadata.ts";

const SECRET = "34.6S 58.4W, camera of Ana";

const picture = (name: string) => readFile(join(packageDirectory(), "fixtures/images", name));

/** A PNG chunk of some type. */
function chunk(type: string, text: string): Buffer {
  const data = Buffer.from(type + text, "latin1");
  const frame = Buffer.alloc(data.length + 8);
  frame.writeUInt32BE(text.length, 0);
  data.copy(frame, 4);
  frame.writeUInt32BE(crc32(data), data.length + 4);
  return frame;
}

/** How each format says a secret. */
const WITH_SECRET: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  "lamp.jpg": (bytes) =>
    Buffer.concat([
      bytes.subarray(0, 2),
      ...["ffe1", "fffe"].map((marker) => {
        const size = Buffer.alloc(2);
        size.writeUInt16BE(SECRET.length + 2);
        return Buffer.concat([Buffer.from(marker, "hex"), size, Buffer.from(SECRET)]);
      }),
      bytes.subarray(2),
    ]),
  "table.png": (bytes) =>
    Buffer.concat([bytes.subarray(0, 33), chunk("tEXt", SECRET), bytes.subarray(33)]),
  "vase.gif": (bytes) =>
    Buffer.concat([
      bytes.subarray(0, -1),
      Buffer.from([0x21, 0xfe, SECRET.length]),
      Buffer.from(`${SECRET}\0`),
      bytes.subarray(-1),
    ]),
  "chair.webp": (bytes) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(SECRET.length);
    const whole = Buffer.concat([bytes, Buffer.from("EXIF"), size, Buffer.from(SECRET)]);
    whole.writeUInt32LE(whole.length - 8, 4);
    return whole;
  },
};

test.for(Object.entries(WITH_SECRET))("%s without its metadata is the picture as it was", async ([
  name,
  add,
]) => {
  const bytes = await picture(name);
  const told = add(bytes);
  expect(told.includes(SECRET)).toBe(true);
  expect(checkImage(told)).toEqual(checkImage(bytes));
  expect(withoutMetadata(told).equals(bytes)).toBe(true);
  expect(withoutMetadata(bytes).equals(bytes)).toBe(true);
});
