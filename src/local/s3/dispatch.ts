import { S3Error } from "./errors.ts";
import {
  type Call,
  createBucket,
  deleteBucket,
  deleteObject,
  getObject,
  headBucket,
  listObjects,
  putObject,
} from "./operations.ts";
import type { S3Request } from "./request.ts";

/** An operation, and the parameters and headers that it obeys. */
interface Operation {
  name: string;
  method: string;
  on: "bucket" | "object";
  /** Parameters with the only value understood, or null for any value. */
  query?: Readonly<Record<string, string | null>>;
  headers?: readonly string[];
  run(call: Call): Promise<void>;
}

const listParameters = {
  "list-type": "2",
  prefix: null,
  delimiter: null,
  "max-keys": null,
  "continuation-token": null,
  "start-after": null,
};
const uploadHeaders = [
  "content-encoding",
  "content-md5",
  "x-amz-checksum-crc32",
  "x-amz-decoded-content-length",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-trailer",
];
const checksumMode = "x-amz-checksum-mode";
const readable = { query: { [checksumMode]: null }, headers: ["range", checksumMode] };

/** All that this endpoint does. */
const operations: readonly Operation[] = [
  { name: "CreateBucket", method: "PUT", on: "bucket", headers: uploadHeaders, run: createBucket },
  { name: "HeadBucket", method: "HEAD", on: "bucket", run: headBucket },
  { name: "DeleteBucket", method: "DELETE", on: "bucket", run: deleteBucket },
  { name: "ListObjectsV2", method: "GET", on: "bucket", query: listParameters, run: listObjects },
  {
    name: "PutObject",
    method: "PUT",
    on: "object",
    headers: ["if-none-match", ...uploadHeaders],
    run: putObject,
  },
  { name: "GetObject", method: "GET", on: "object", ...readable, run: getObject },
  { name: "HeadObject", method: "HEAD", on: "object", ...readable, run: getObject },
  { name: "DeleteObject", method: "DELETE", on: "object", run: deleteObject },
];

const everyParameter =
  /^(x-id|X-Amz-(Algorithm|Content-Sha256|Credential|Date|Expires|Signature|SignedHeaders))$/;
const everyHeader = /^x-amz-(content-sha256|date|user-agent)$/;

/** Headers that change what an operation means, and so may not be passed over. */
const meaningful =
  /^(x-amz-.*|if-.*|range|content-(encoding|md5|disposition|language)|cache-control|expires)$/;
/** What browsers send along when they read; the answer is right without them. */
const advisory = /^(if-none-match|if-modified-since|cache-control)$/;

/** The operation that a request means; throws NotImplemented, by name, for all that is not done. */
export function findOperation(request: S3Request): (call: Call) => Promise<void> {
  const { method, bucket, key } = request;
  const on = bucket === "" ? "the service" : key === "" ? "bucket" : "object";
  const operation = operations.find((known) => known.method === method && known.on === on);
  const parameters = request.query.filter(([name]) => !everyParameter.test(name));
  if (!operation) {
    const asked = parameters.map(([name]) => name).join("&");
    throw notImplemented(`${method} of ${on === "the service" ? on : `a ${on}`}`, asked);
  }
  for (const [name, value] of parameters) {
    const understood = operation.query?.[name];
    if (understood === undefined || (understood !== null && understood !== value)) {
      throw notImplemented(operation.name, `${name}=${value}`);
    }
  }
  if (operation.run === listObjects && !parameters.some(([name]) => name === "list-type")) {
    throw notImplemented("ListObjects (version 1)", "");
  }
  requireKnownHeaders(operation, Object.keys(request.message.headers));
  return operation.run;
}

function requireKnownHeaders({ name, method, headers }: Operation, given: readonly string[]): void {
  const reads = method === "GET" || method === "HEAD";
  const unknown = given.find(
    (header) =>
      meaningful.test(header) &&
      !everyHeader.test(header) &&
      !headers?.includes(header) &&
      !(reads && advisory.test(header)),
  );
  if (unknown) {
    throw new S3Error("NotImplemented", `${name} with the header ${unknown} is not implemented`);
  }
}

function notImplemented(what: string, parameters: string): S3Error {
  const with_ = parameters === "" ? "" : ` with ?${parameters}`;
  return new S3Error("NotImplemented", `${what}${with_} is not implemented`);
}
