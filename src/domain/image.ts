import { crc32 } from "node:zlib";
import { MktError } from "../errors.ts";

export type ImageType = "image/jpeg" | "image/png" | "image/webp" | "image/gif";

/** What an image is, by its content. */
export interface CheckedImage {
  mediaType: ImageType;
}

export const IMAGE_MAX_BYTES = 10 * 1024 * 1024;
/** Each side: a few bytes can claim a picture that fills any memory. */
const IMAGE_SIDE_MAX_PIXELS = 16_384;

interface Format {
  mediaType: ImageType;
  name: string;
  /** Whether the first bytes say that it is this format. */
  begins(bytes: Buffer): boolean;
  /** Walks its parts to the end; undefined where one is missing or cut short. */
  sides(bytes: Buffer): Sides | undefined;
}

interface Sides {
  width: number;
  height: number;
}

const PNG_SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

const formats: readonly Format[] = [
  {
    mediaType: "image/jpeg",
    name: "JPEG",
    begins: (bytes) => bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff,
    sides: jpegSides,
  },
  {
    mediaType: "image/png",
    name: "PNG",
    begins: (bytes) => bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE),
    sides: pngSides,
  },
  {
    mediaType: "image/webp",
    name: "WebP",
    begins: (bytes) => ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP",
    sides: webpSides,
  },
  {
    mediaType: "image/gif",
    name: "GIF",
    begins: (bytes) => /^GIF8[79]a$/.test(ascii(bytes, 0, 6)),
    sides: gifSides,
  },
];

/**
 * Accepts JPEG, PNG, WebP and GIF by what the bytes are, never by a file's name, and only whole
 * ones of sane size; throws `invalid` for everything else. It does not decode the pixels.
 */
export function checkImage(content: Uint8Array): CheckedImage {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length === 0) throw invalid("the image is empty");
  if (bytes.length > IMAGE_MAX_BYTES) {
    const limitMiB = IMAGE_MAX_BYTES / 1024 ** 2;
    throw invalid(`the image has ${bytes.length} bytes; at most ${limitMiB} MiB are taken`);
  }
  const format = formats.find(({ begins }) => begins(bytes));
  if (!format) {
    if (isSvg(bytes)) {
      throw invalid("SVG images are not taken: they can hold scripts", "convert it to PNG");
    }
    throw invalid("this is not a JPEG, PNG, WebP or GIF image");
  }
  const sides = format.sides(bytes);
  if (!sides) throw invalid(`the ${format.name} image is damaged or cut short`);
  const { width, height } = sides;
  if (Math.min(width, height) < 1 || Math.max(width, height) > IMAGE_SIDE_MAX_PIXELS) {
    throw invalid(`the image is ${width} × ${height}; each side is 1 to ${IMAGE_SIDE_MAX_PIXELS}`);
  }
  return { mediaType: format.mediaType };
}

function invalid(message: string, hint?: string): MktError {
  return new MktError("invalid", message, hint === undefined ? {} : { hint });
}

function ascii(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", start, end);
}

function isSvg(bytes: Buffer): boolean {
  const text = bytes.toString("utf8", 0, 4096).replaceAll("\0", "");
  return /^\s*</.test(text) && /<(!DOCTYPE\s+)?([a-z]+:)?svg[\s>]/i.test(text);
}

/** Markers up to the picture's data, which a start-of-frame must precede and an end must follow. */
function jpegSides(bytes: Buffer): Sides | undefined {
  let sides: Sides | undefined;
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes.readUInt16BE(at);
    // Any number of 0xff may stand before a marker.
    if (marker === 0xffff) {
      at += 1;
      continue;
    }
    const next = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker < 0xffc0 || next > bytes.length || next < at + 4) return undefined;
    const isFrame = marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) {
      if (next < at + 9) return undefined;
      sides = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    }
    if (marker === 0xffda) return bytes.indexOf("ffd9", next, "hex") >= next ? sides : undefined;
    at = next;
  }
  return undefined;
}

/** Chunks with their checksums, from IHDR over at least one IDAT to IEND. */
function pngSides(bytes: Buffer): Sides | undefined {
  let sides: Sides | undefined;
  let hasData = false;
  for (let at = PNG_SIGNATURE.length; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) return undefined;
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return undefined;
    const type = ascii(bytes, at + 4, at + 8);
    if (!sides) {
      if (type !== "IHDR" || end !== at + 21) return undefined;
      sides = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    }
    if (type === "IDAT") hasData = true;
    if (type === "IEND") return hasData ? sides : undefined;
    at = end + 4;
  }
  return undefined;
}

/** RIFF chunks, which together fill the size that stands at the head. */
function webpSides(bytes: Buffer): Sides | undefined {
  if (bytes.length < 12) return undefined;
  const end = 8 + bytes.readUInt32LE(4);
  if (end > bytes.length) return undefined;
  let sides: Sides | undefined;
  let hasPicture = false;
  for (let at = 12; at + 8 <= end; ) {
    const type = ascii(bytes, at, at + 4);
    const sizeBytes = bytes.readUInt32LE(at + 4);
    const data = bytes.subarray(at + 8, at + 8 + sizeBytes);
    if (at + 8 + sizeBytes > end) return undefined;
    sides ??= webpChunkSides(type, data);
    if (!sides) return undefined;
    if (["VP8 ", "VP8L", "ANMF"].includes(type)) hasPicture = true;
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
  return hasPicture ? sides : undefined;
}

/** The first chunk says the size, in one of three ways. */
function webpChunkSides(type: string, data: Buffer): Sides | undefined {
  if (data.length < 10 && !(type === "VP8L" && data.length >= 5)) return undefined;
  if (type === "VP8X") {
    return { width: 1 + data.readUIntLE(4, 3), height: 1 + data.readUIntLE(7, 3) };
  }
  if (type === "VP8L" && data[0] === 0x2f) {
    const packed = data.readUInt32LE(1);
    return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
  }
  if (type === "VP8 " && data.readUIntBE(3, 3) === 0x9d012a) {
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
  }
  return undefined;
}

/** Blocks up to the trailer, which some writers leave out, with a picture among them. */
function gifSides(bytes: Buffer): Sides | undefined {
  if (bytes.length < 13) return undefined;
  const sides = { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  let at = 13 + colourTableBytes(bytes[10]);
  let hasPicture = false;
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === 0x3b) return hasPicture ? sides : undefined;
    if (block === 0x2c) {
      hasPicture = true;
      at = afterSubBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9]));
    } else if (block === 0x21) at = afterSubBlocks(bytes, at + 2);
    else return undefined;
  }
  return hasPicture && at === bytes.length ? sides : undefined;
}

function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Where the sub-blocks that begin here end: behind the first empty one. */
function afterSubBlocks(bytes: Buffer, start: number): number {
  let at = start;
  for (let size = bytes[at]; size; size = bytes[at]) at += 1 + size;
  return at + 1;
}
