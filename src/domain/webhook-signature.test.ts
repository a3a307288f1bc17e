import fc from "fast-check";
import { test } from "vitest";
import { signWebhook, verifyWebhook } from "./webhook-signature.ts";

const secret = "whsec_test";
const body = Buffer.from('{"id":"evt_1","amount":10}');
const now = new Date(1_700_000_000_000);
const seconds = (offset: number) => new Date(now.getTime() + offset * 1000);
// Made with: printf '1700000000.{"id":"evt_1","amount":10}' | openssl dgst -sha256 -hmac whsec_test
const v1 = "f05d0659ef15256e9ea5774ef014a0a673d5aa886173b92201edd6ddfed336c4";
const header = `t=1700000000,v1=${v1}`;
const zeros = "0".repeat(64);

const verify = (changes: Partial<Parameters<typeof verifyWebhook>[0]>) =>
  verifyWebhook({ rawBody: body, header, secret, now, ...changes });

test("signs as openssl does", (t) => {
  t.expect(signWebhook(body, secret, now)).toBe(header);
  t.expect(signWebhook(body, secret, new Date(now.getTime() + 999))).toBe(header);
});

test.for([
  { what: "as it was sent", changes: {} },
  { what: "digits in upper case", changes: { header: `t=1700000000,v1=${v1.toUpperCase()}` } },
  { what: "spaces after commas", changes: { header: `t=1700000000, v1=${v1}` } },
  { what: "the other order", changes: { header: `v1=${v1},t=1700000000` } },
  { what: "an old secret's value first", changes: { header: `t=1700000000,v1=${zeros},v1=${v1}` } },
  { what: "an older scheme beside it", changes: { header: `${header},v0=abc,x` } },
  { what: "five minutes late", changes: { now: seconds(300) } },
  { what: "five minutes early", changes: { now: seconds(-300) } },
])("accepts $what", ({ changes }, t) => {
  t.expect(verify(changes)).toEqual({ ok: true, signedAt: now });
});

const forged = { reason: "wrong_signature" } as const;
const malformed = { reason: "malformed_signature" } as const;
const late = { reason: "outside_tolerance" } as const;
test.for([
  { what: "another secret", changes: { secret: "whsec_tess" }, ...forged },
  {
    what: "another body",
    changes: { rawBody: Buffer.from('{"id":"evt_1","amount":11}') },
    ...forged,
  },
  {
    what: "a body printed anew",
    changes: { rawBody: Buffer.from('{ "id": "evt_1", "amount": 10 }') },
    ...forged,
  },
  { what: "an empty body", changes: { rawBody: new Uint8Array() }, ...forged },
  { what: "a newer timestamp", changes: { header: `t=1700000001,v1=${v1}` }, ...forged },
  { what: "a padded timestamp", changes: { header: `t=01700000000,v1=${v1}` }, ...forged },
  { what: "zeros", changes: { header: `t=1700000000,v1=${zeros}` }, ...forged },
  { what: "another scheme's name", changes: { header: `t=1700000000,v0=${v1}` }, ...malformed },
  { what: "half a digest", changes: { header: header.slice(0, -32) }, ...malformed },
  { what: "no timestamp", changes: { header: `v1=${v1}` }, ...malformed },
  { what: "two timestamps", changes: { header: `t=1700000000,${header}` }, ...malformed },
  { what: "a timestamp in words", changes: { header: `t=now,v1=${v1}` }, ...malformed },
  { what: "a negative timestamp", changes: { header: `t=-1,v1=${v1}` }, ...malformed },
  {
    what: "an endless timestamp",
    changes: { header: `t=${"9".repeat(400)},v1=${v1}` },
    ...malformed,
  },
  {
    what: "an endless header",
    changes: { header: `${header},${"v1=a,".repeat(1000)}` },
    ...malformed,
  },
  { what: "too many values", changes: { header: `${header}${",v1=a".repeat(20)}` }, ...malformed },
  { what: "no header", changes: { header: undefined }, reason: "no_signature" },
  { what: "an empty header", changes: { header: "" }, reason: "no_signature" },
  { what: "a second too late", changes: { now: seconds(301) }, ...late },
  { what: "a second too early", changes: { now: seconds(-301) }, ...late },
  {
    what: "beyond a tolerance of its own",
    changes: { now: seconds(11), toleranceSeconds: 10 },
    ...late,
  },
  { what: "a broken clock", changes: { now: new Date(Number.NaN) }, ...late },
  {
    what: "a forged one that is also late",
    changes: { secret: "x", now: seconds(999) },
    ...forged,
  },
])("refuses $what: $reason", ({ changes, reason }, t) => {
  t.expect(verify(changes)).toEqual({ ok: false, reason });
});

test("without a secret nothing is believed, though anybody can sign with none", (t) => {
  const signed = signWebhook(body, "", now);
  t.expect(verify({ header: signed, secret: "" })).toEqual({ ok: false, reason: "no_secret" });
});

test("what was signed verifies, and no single changed bit of it does", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.string({ minLength: 1 }),
      fc.nat(),
      (rawBody, key, bit) => {
        const signed = { rawBody, secret: key, now, header: signWebhook(rawBody, key, now) };
        const tampered = Uint8Array.from(rawBody);
        const index = bit % rawBody.length;
        tampered[index] = (rawBody[index] ?? 0) ^ (1 << (bit % 8));
        const checks = [signed, { ...signed, rawBody: tampered }, { ...signed, secret: `${key}!` }];
        return checks.map((each) => verifyWebhook(each).ok).join() === "true,false,false";
      },
    ),
  );
});

test("no header makes it throw, and none but the right one is believed", () => {
  const piece = fc.oneof(
    fc.constantFrom("t=", "v1=", ",", "=", "1700000000", zeros, "\u0000", "é", " "),
    fc.string({ unit: "binary", maxLength: 80 }),
  );
  const hostile = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  fc.assert(fc.property(hostile, (given) => !verify({ header: given }).ok));
});
