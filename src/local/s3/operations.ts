import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { BucketFolder } from "./bucket-folder.ts";
import { S3Error } from "./errors.ts";
import { takePage } from "./listing.ts";
import { type OpenObject, openObjectFile } from "./object-file.ts";
import { header, parameter, type S3Request } from "./request.ts";
import { receiveBody } from "./upload.ts";
import { type Element, xmlDocument } from "./xml.ts";

/** A request whose signature holds, and what it needs to be carried out. */
export interface Call {
  request: S3Request;
  /** What the signature says of the body. */
  payloadHash: string;
  folder: BucketFolder;
  response: ServerResponse;
}

const OBJECT_MAX_BYTES = 5 * 1024 ** 3;
const DOCUMENT_MAX_BYTES = 64 * 1024;
const CONTENT_TYPE_MAX_BYTES = 1024;
const PAGE_MAX = 1000;

/** Makes a bucket. Where its body asks for a region, it is not read: there is one. */
export async function createBucket(call: Call): Promise<void> {
  await receiveBody(call.request, call.payloadHash, DOCUMENT_MAX_BYTES, async () => {});
  await call.folder.createBucket(call.request.bucket);
  call.response.writeHead(200, { location: `/${call.request.bucket}` }).end();
}

export async function headBucket({ request, folder, response }: Call): Promise<void> {
  await folder.requireBucket(request.bucket);
  response.writeHead(200).end();
}

export async function deleteBucket({ request, folder, response }: Call): Promise<void> {
  await folder.deleteBucket(request.bucket);
  response.writeHead(204).end();
}

/** Stores an object; `If-None-Match: *` makes it fail where there is one. */
export async function putObject(call: Call): Promise<void> {
  const { request, payloadHash, folder, response } = call;
  const condition = header(request, "if-none-match");
  if (condition !== undefined && condition !== "*") {
    throw new S3Error("NotImplemented", "If-None-Match with an ETag is not implemented");
  }
  const contentType = header(request, "content-type") ?? "binary/octet-stream";
  if (contentType.length > CONTENT_TYPE_MAX_BYTES) {
    throw new S3Error("InvalidArgument", "The Content-Type is too long");
  }
  const { bucket, key } = request;
  const facts = await folder.putObject(
    { bucket, key, contentType, ifAbsent: condition === "*" },
    (sink) => receiveBody(request, payloadHash, OBJECT_MAX_BYTES, sink),
  );
  response.writeHead(200, { etag: `"${facts.md5}"`, ...checksumHeaders(facts) }).end();
}

/** Answers GET and HEAD of an object, whole or one range of it. */
export async function getObject({ request, folder, response }: Call): Promise<void> {
  const object = await folder.openObject(request.bucket, request.key);
  try {
    const { sizeBytes, contentType, md5, modifiedAt } = object;
    const range = requestedRange(header(request, "range"), sizeBytes);
    if (range === "unsatisfiable") {
      response.setHeader("content-range", `bytes */${sizeBytes}`);
      throw new S3Error("InvalidRange", "The requested range is not satisfiable");
    }
    const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
    response.writeHead(range ? 206 : 200, {
      "accept-ranges": "bytes",
      "content-length": end - start + 1,
      "content-type": contentType,
      etag: `"${md5}"`,
      "last-modified": modifiedAt.toUTCString(),
      ...(range && { "content-range": `bytes ${start}-${end}/${sizeBytes}` }),
      ...(!range && wantsChecksum(request) && checksumHeaders(object)),
    });
    if (request.method === "HEAD" || end < start) response.end();
    else await send(object, start, end, response);
  } finally {
    await object.handle.close();
  }
}

async function send(
  { handle }: OpenObject,
  start: number,
  end: number,
  response: ServerResponse,
): Promise<void> {
  try {
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), response);
  } catch (error) {
    // The reader left before the end.
    if (!response.destroyed) throw error;
  }
}

export async function deleteObject({ request, folder, response }: Call): Promise<void> {
  await folder.deleteObject(request.bucket, request.key);
  response.writeHead(204).end();
}

/** One page of a bucket's keys; its token is the last key or common prefix of the page before. */
export async function listObjects({ request, folder, response }: Call): Promise<void> {
  const { bucket } = request;
  const prefix = parameter(request, "prefix") ?? "";
  const delimiter = parameter(request, "delimiter") ?? "";
  const token = parameter(request, "continuation-token");
  const startAfter = parameter(request, "start-after");
  const after = token === undefined ? (startAfter ?? "") : decodeToken(token);
  const limit = pageLimit(parameter(request, "max-keys"));
  const keys = folder.listKeys(bucket, { prefix, after });
  const page = await takePage(keys, { prefix, after, delimiter, limit });
  const contents: Element[] = [];
  for (const { key, path } of page.objects) {
    const object = await openObjectFile(path);
    // Deleted since its name was read.
    if (!object) continue;
    await object.handle.close();
    contents.push(["Contents", contentsOf(key, object)]);
  }
  const next = page.continueAfter;
  const body = xmlDocument("ListBucketResult", [
    ["Name", bucket],
    ["Prefix", prefix],
    ["KeyCount", String(contents.length + page.commonPrefixes.length)],
    ["MaxKeys", String(limit)],
    ...optional("Delimiter", delimiter || undefined),
    ["IsTruncated", String(next !== undefined)],
    ...optional("ContinuationToken", token),
    ...optional("NextContinuationToken", next && Buffer.from(next).toString("base64url")),
    ...optional("StartAfter", startAfter),
    ...contents,
    ...page.commonPrefixes.map((common): Element => ["CommonPrefixes", [["Prefix", common]]]),
  ]);
  response.writeHead(200, { "content-type": "application/xml" }).end(body);
}

function contentsOf(key: string, { modifiedAt, md5, sizeBytes }: OpenObject): Element[] {
  return [
    ["Key", key],
    ["LastModified", modifiedAt.toISOString()],
    ["ETag", `"${md5}"`],
    ["Size", String(sizeBytes)],
    ["StorageClass", "STANDARD"],
  ];
}

function optional(name: string, content: string | undefined): Element[] {
  return content === undefined ? [] : [[name, content]];
}

function pageLimit(text: string | undefined): number {
  if (text === undefined) return PAGE_MAX;
  if (!/^\d{1,9}$/.test(text)) {
    throw new S3Error("InvalidArgument", "max-keys must be a whole number, not negative");
  }
  return Math.min(Number(text), PAGE_MAX);
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text === "" || Buffer.from(text).toString("base64url") !== token) {
    throw new S3Error("InvalidArgument", "The continuation token is not one of this endpoint's");
  }
  return text;
}

/** The byte range asked for; undefined where the whole is to be sent, as for what is not one range. */
function requestedRange(
  text: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return start > end ? "unsatisfiable" : { start, end };
}

function wantsChecksum(request: S3Request): boolean {
  const name = "x-amz-checksum-mode";
  return (header(request, name) ?? parameter(request, name)) === "ENABLED";
}

function checksumHeaders({ crc32 }: { crc32: string }) {
  return { "x-amz-checksum-crc32": crc32, "x-amz-checksum-type": "FULL_OBJECT" };
}
