import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { decodeChunked } from "./aws-chunked.ts";
import { S3Error } from "./errors.ts";
import { header, type S3Request } from "./request.ts";
import { UNSIGNED_PAYLOAD } from "./signature.ts";

/** What is known of a body once it has come whole. */
export interface Digests {
  sizeBytes: number;
  /** Lower-case hexadecimal. */
  md5: string;
  /** Big-endian, in Base64, as S3's headers have it. */
  crc32: string;
}

const CHUNKED_WITH_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const CHECKSUM = "x-amz-checksum-crc32";

/**
 * Hands the body's bytes to `sink` as they come, and holds them to every digest and length that the
 * request states: throws an S3Error at the first thing that is not so, perhaps after the last byte.
 */
export async function receiveBody(
  request: S3Request,
  payloadHash: string,
  limitBytes: number,
  sink: (chunk: Buffer) => Promise<void>,
): Promise<Digests> {
  const chunked = requireEncoding(request, payloadHash);
  const statedBytes = requireLength(request, chunked, limitBytes);
  const trailers = new Map<string, string>();
  const { message } = request;
  // Not destroyed when refused midway: the answer goes out on the same connection.
  const raw: AsyncIterable<Buffer> = message.iterator({ destroyOnReturn: false });
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  let crc = 0;
  let sizeBytes = 0;
  for await (const chunk of chunked ? decodeChunked(raw, trailers) : raw) {
    sizeBytes += chunk.length;
    if (sizeBytes > statedBytes) throw new S3Error("IncompleteBody", "More bytes than stated");
    sha256.update(chunk);
    md5.update(chunk);
    crc = crc32(chunk, crc);
    await sink(chunk);
  }
  if (sizeBytes < statedBytes) throw new S3Error("IncompleteBody", "Fewer bytes than stated");
  if (/^[0-9a-f]{64}$/.test(payloadHash) && sha256.digest("hex") !== payloadHash) {
    throw new S3Error("XAmzContentSHA256Mismatch", "The body is not the one that was signed");
  }
  const found = md5.digest();
  requireDigest("content-md5", header(request, "content-md5"), found.toString("base64"));
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc);
  const crcText = checksum.toString("base64");
  requireDigest(CHECKSUM, header(request, CHECKSUM), crcText);
  requireTrailers(request, trailers, crcText);
  return { sizeBytes, md5: found.toString("hex"), crc32: crcText };
}

/** Whether the body is aws-chunked; refuses the forms that are not understood here, by name. */
function requireEncoding(request: S3Request, payloadHash: string): boolean {
  const chunked = payloadHash === CHUNKED_WITH_TRAILER;
  if (!chunked && payloadHash !== UNSIGNED_PAYLOAD && !/^[0-9a-f]{64}$/.test(payloadHash)) {
    throw new S3Error("NotImplemented", `x-amz-content-sha256: ${payloadHash} is not implemented`);
  }
  const encoding = header(request, "content-encoding");
  if (encoding !== undefined && !(chunked && encoding === "aws-chunked")) {
    throw new S3Error("NotImplemented", `Content-Encoding: ${encoding} is not implemented`);
  }
  const trailer = header(request, "x-amz-trailer");
  if (trailer !== undefined && trailer !== CHECKSUM) {
    throw new S3Error("NotImplemented", `x-amz-trailer: ${trailer} is not implemented`);
  }
  return chunked;
}

function requireLength(request: S3Request, chunked: boolean, limitBytes: number): number {
  const name = chunked ? "x-amz-decoded-content-length" : "content-length";
  const text = header(request, name);
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw new S3Error("MissingContentLength", `You must provide the header ${name}`);
  }
  if (Number(text) > limitBytes) {
    throw new S3Error("EntityTooLarge", `The body may have at most ${limitBytes} bytes`);
  }
  return Number(text);
}

function requireDigest(name: string, stated: string | undefined, found: string): void {
  if (stated !== undefined && stated !== found) {
    throw new S3Error("BadDigest", `The body does not have the ${name} that was stated`);
  }
}

function requireTrailers(
  request: S3Request,
  trailers: ReadonlyMap<string, string>,
  crcText: string,
): void {
  for (const [name, value] of trailers) {
    if (name !== CHECKSUM) {
      throw new S3Error("NotImplemented", `The trailer ${name} is not implemented`);
    }
    requireDigest(name, value, crcText);
  }
  if (header(request, "x-amz-trailer") !== undefined && !trailers.has(CHECKSUM)) {
    throw new S3Error("IncompleteBody", `The trailer ${CHECKSUM} was announced but did not come`);
  }
}
