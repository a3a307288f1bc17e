import type { IncomingMessage } from "node:http";
import { S3Error } from "./errors.ts";

/** A request by what it names, with the node request that carries its body. */
export interface S3Request {
  method: string;
  /** The path as it was sent: the signature covers it. */
  rawPath: string;
  bucket: string;
  /** Empty when the request is for the bucket itself. */
  key: string;
  /** Decoded, in the order they were sent. */
  query: readonly (readonly [name: string, value: string])[];
  message: IncomingMessage;
}

/** Reads the path by hand: a URL parser would resolve `..`, which S3 allows in keys. */
export function parseRequest(message: IncomingMessage): S3Request {
  const [rawPath = "", ...rest] = (message.url ?? "/").split("?");
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(rawPath) ?? [];
  const query = rest
    .join("?")
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [decode(name), decode(value.join("="))] as const;
    });
  const method = message.method ?? "";
  return { method, rawPath, bucket: decode(bucket), key: decode(key), query, message };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI", "The URI is not valid percent-encoded UTF-8");
  }
}

/** The first value of a query parameter; undefined when it is not there. */
export function parameter(request: S3Request, name: string): string | undefined {
  return request.query.find(([other]) => other === name)?.[1];
}

/** A header's value; several of one name are joined by commas. */
export function header(request: S3Request, name: string): string | undefined {
  const value = request.message.headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}
