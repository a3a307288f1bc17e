import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { parseRequest } from "./request.ts";
import { authenticate } from "./signature.ts";

// The examples of AWS's documentation of Signature Version 4 for S3, signed by AWS.
const known = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const NOW = Date.UTC(2013, 4, 24);
const MINUTE_MS = 60_000;
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const common = {
  host: "examplebucket.s3.amazonaws.com",
  "x-amz-content-sha256": EMPTY,
  "x-amz-date": "20130524T000000Z",
};
const link =
  "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524" +
  "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400" +
  "&X-Amz-SignedHeaders=host" +
  "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
const linkHeaders = { host: common.host };

function request(method: string, url: string, headers: Record<string, string>) {
  return parseRequest(Object.assign(new IncomingMessage(new Socket()), { method, url, headers }));
}

function authorization(signedHeaders: string, signature: string): string {
  const credential = `${known.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

const always = "host;x-amz-content-sha256;x-amz-date";
const list = {
  method: "GET",
  url: "/?max-keys=2&prefix=J",
  headers: common,
  signed: always,
  signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
};

test.for([
  list,
  {
    method: "GET",
    url: "/test.txt",
    headers: { ...common, range: "bytes=0-9" },
    signed: "host;range;x-amz-content-sha256;x-amz-date",
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    method: "PUT",
    url: "/test%24file.text",
    headers: {
      ...common,
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    },
    signed: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    method: "GET",
    url: "/?lifecycle",
    headers: common,
    signed: always,
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
])("AWS's own signature of $method $url holds", ({ method, url, headers, signed, signature }) => {
  const sent = request(method, url, {
    ...headers,
    authorization: authorization(signed, signature),
  });
  expect(authenticate(sent, known, NOW)).toBe(headers["x-amz-content-sha256"]);
});

test("AWS's own presigned link holds, until it expires", () => {
  const sent = request("GET", link, linkHeaders);
  expect(authenticate(sent, known, NOW + 86_400_000)).toBe("UNSIGNED-PAYLOAD");
  expect(() => authenticate(sent, known, NOW + 86_400_001)).toThrow(/expired/);
  expect(() => authenticate(sent, known, NOW - 16 * MINUTE_MS)).toThrow(/Not yet valid/);
});

test.for([
  { what: "another method", change: { method: "HEAD" }, code: "SignatureDoesNotMatch" },
  {
    what: "another query",
    change: { url: "/?max-keys=3&prefix=J" },
    code: "SignatureDoesNotMatch",
  },
  {
    what: "another path",
    change: { url: "/x?max-keys=2&prefix=J" },
    code: "SignatureDoesNotMatch",
  },
  {
    what: "another host",
    change: { headers: { ...common, host: "example.com" } },
    code: "SignatureDoesNotMatch",
  },
  {
    what: "another body's hash",
    change: { headers: { ...common, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    code: "SignatureDoesNotMatch",
  },
  {
    what: "a header put in on the way",
    change: { headers: { ...common, "x-amz-acl": "public-read" } },
    code: "AccessDenied",
  },
  {
    what: "a signature cut short",
    change: { signature: "34b4" },
    code: "AuthorizationHeaderMalformed",
  },
  {
    what: "no date",
    change: { headers: { ...common, "x-amz-date": "yesterday" } },
    code: "AccessDenied",
  },
])("$what: $code", ({ change, code }) => {
  const { method, url, headers, signed, signature } = { ...list, ...change };
  const sent = request(method, url, {
    ...headers,
    authorization: authorization(signed, signature),
  });
  expect(() => authenticate(sent, known, NOW)).toThrow(expect.objectContaining({ code }));
});

test.for([
  { what: "no signature", url: "/test.txt", code: "AccessDenied" },
  {
    what: "a link for longer than a week",
    url: link.replace("86400", "604801"),
    code: "AuthorizationQueryParametersError",
  },
  {
    what: "a link without its date",
    url: link.replace("X-Amz-Date", "X-Amz-Then"),
    code: "AuthorizationQueryParametersError",
  },
  {
    what: "a link of another service",
    url: link.replace("%2Fs3%2F", "%2Fiam%2F"),
    code: "AuthorizationHeaderMalformed",
  },
  {
    what: "a link of another key",
    url: link.replace("AKIAIOSFODNN7", "AKIAIOSFODNN8"),
    code: "InvalidAccessKeyId",
  },
])("$what: $code", ({ url, code }) => {
  const sent = request("GET", url, linkHeaders);
  expect(() => authenticate(sent, known, NOW)).toThrow(expect.objectContaining({ code }));
});

test("a clock may be 15 minutes off, not more", () => {
  const sent = request(list.method, list.url, {
    ...list.headers,
    authorization: authorization(list.signed, list.signature),
  });
  for (const direction of [1, -1]) {
    expect(authenticate(sent, known, NOW + direction * 15 * MINUTE_MS)).toBe(EMPTY);
    expect(() => authenticate(sent, known, NOW + direction * (15 * MINUTE_MS + 1))).toThrow(
      expect.objectContaining({ code: "RequestTimeTooSkewed" }),
    );
  }
});
