// What cameras and programs write into pictures beside the picture: who took it, where, with what, and when. Pixels,
// colour profiles and animations stay as they are.

/** A whole picture of any format that mkt takes, without its metadata; the same bytes where there is none. */
export function withoutMetadata(content: Uint8Array): Buffer {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const parts = partsOf(bytes);
  return parts ? Buffer.concat(parts) : bytes;
}

function partsOf(bytes: Buffer): Buffer[] | undefined {
  const start = bytes.toString("latin1", 0, 12);
  if (start.startsWith("\xff\xd8")) return jpegParts(bytes);
  if (start.startsWith("\x89PNG")) return pngParts(bytes);
  if (start.startsWith("RIFF")) return webpParts(bytes);
  if (start.startsWith("GIF8")) return gifParts(bytes);
  return undefined;
}

const SCAN = 0xda;
const COMMENT = 0xfe;
/** What applications add, but for JFIF (0), colour profiles (2) and Adobe's colours (14), which the pixels need. */
const isJpegMetadata = (marker: number) =>
  marker === COMMENT || (marker >= 0xe0 && marker <= 0xef && ![0xe0, 0xe2, 0xee].includes(marker));

function jpegParts(bytes: Buffer): Buffer[] {
  const parts = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === SCAN) break;
    const next = at + 2 + bytes.readUInt16BE(at + 2);
    if (!isJpegMetadata(marker)) parts.push(bytes.subarray(at, next));
    at = next;
  }
  return [...parts, bytes.subarray(at)];
}

const PNG_HEAD_BYTES = 8;
const PNG_METADATA = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME"];

function pngParts(bytes: Buffer): Buffer[] {
  const parts = [bytes.subarray(0, PNG_HEAD_BYTES)];
  for (let at = PNG_HEAD_BYTES; at + 12 <= bytes.length; ) {
    const next = at + 12 + bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (!PNG_METADATA.includes(type)) parts.push(bytes.subarray(at, next));
    at = type === "IEND" ? bytes.length : next;
  }
  return parts;
}

const WEBP_METADATA = ["EXIF", "XMP "];
/** Flags of the extended header that say that such chunks follow. */
const WEBP_METADATA_FLAGS = 0x0c;

function webpParts(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  const end = Math.min(bytes.length, 8 + bytes.readUInt32LE(4));
  for (let at = 12; at + 8 <= end; ) {
    const sizeBytes = bytes.readUInt32LE(at + 4);
    const next = Math.min(end, at + 8 + sizeBytes + (sizeBytes % 2));
    const type = bytes.toString("latin1", at, at + 4);
    const chunk = Buffer.from(bytes.subarray(at, next));
    if (type === "VP8X") chunk[8] = (chunk[8] ?? 0) & ~WEBP_METADATA_FLAGS;
    if (!WEBP_METADATA.includes(type)) chunks.push(chunk);
    at = next;
  }
  const body = Buffer.concat(chunks);
  const head = Buffer.from(bytes.subarray(0, 12));
  head.writeUInt32LE(body.length + 4, 4);
  return [head, body];
}

const [EXTENSION, PICTURE, TRAILER] = [0x21, 0x2c, 0x3b];
const GIF_COMMENT = 0xfe;
const GIF_APPLICATION = 0xff;

function gifParts(bytes: Buffer): Buffer[] {
  let at = 13 + colourTableBytes(bytes[10]);
  const parts = [bytes.subarray(0, at)];
  while (at < bytes.length) {
    const block = bytes[at];
    if (block !== EXTENSION && block !== PICTURE) break;
    const isPicture = block === PICTURE;
    const data = isPicture ? at + 11 + colourTableBytes(bytes[at + 9]) : at + 2;
    const next = afterSubBlocks(bytes, data);
    const kind = bytes[at + 1];
    const isAnimation = bytes.toString("latin1", at + 3, at + 11) === "NETSCAPE";
    const isMetadata =
      !isPicture && (kind === GIF_COMMENT || (kind === GIF_APPLICATION && !isAnimation));
    if (!isMetadata) parts.push(bytes.subarray(at, next));
    at = next;
  }
  return [...parts, Buffer.from([TRAILER])];
}

function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function afterSubBlocks(bytes: Buffer, start: number): number {
  let at = start;
  for (let size = bytes[at]; size; size = bytes[at]) at += 1 + size;
  return at + 1;
}
