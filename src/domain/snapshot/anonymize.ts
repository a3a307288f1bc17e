import type { Pseudonyms } from "./pseudonyms.ts";
import type { Row, World } from "./world.ts";

const EMAIL = /[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+\.[^\s@.,;:<>()[\]\\"]+/g;
const PSEUDONYM = /^user-[0-9a-f]{12}@example\.com$/;
/** Nine digits or more, with what people write between them. */
const PHONE = /\+?\d(?:[\s().-]{0,2}\d){8,}/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Shorter names would be found in words that name nobody. */
const NAME_LEAST = 3;

type Mask = (text: string) => string;

/**
 * A world without anything that says who people are. E-mails, names, addresses, cards and users' ids become
 * pseudonyms, the same ones everywhere; what people wrote to each other becomes its length; in the texts of
 * publications whatever names one of these people, an e-mail or a telephone is replaced. Ids of things other than
 * users stay, so that a case can still be talked about.
 */
export function anonymize(world: World, as: Pseudonyms): World {
  const mask = masker(world, as);
  const ids = new Map(world.user.map(({ id, createdAt }) => [id, as.userId(id, createdAt)]));
  const anonymous: World = {
    ...world,
    user: world.user.map((row) => userOf(row, as)),
    category: world.category.map((row) => {
      const name = mask(row.name);
      return name === row.name ? row : { ...row, name, nameFolded: name.toLowerCase() };
    }),
    publication: world.publication.map((row) => ({
      ...row,
      externalId: maybe(row.externalId, mask),
    })),
    purchase: world.purchase.map((row) => {
      return { ...row, key: row.id, requestDigest: "-", shipTo: as.address(row.shipTo) };
    }),
    payment: world.payment.map((row) => paymentOf(row, as, mask)),
    refund: world.refund.map((row) => ({ ...row, reason: typed(row.reason), key: null })),
    shipment: world.shipment.map((row) => {
      return { ...row, trackingCode: maybe(row.trackingCode, as.trackingCode) };
    }),
    shipmentScan: world.shipmentScan.map((row, index) => ({
      ...row,
      providerScanId: `scan-${index + 1}`,
      description: row.state.replaceAll("_", " "),
      place: as.place(row.place),
    })),
    event: world.event.map((row) => eventOf(row, as, mask)),
    question: world.question.map((row) => {
      return { ...row, text: typed(row.text), answer: maybe(row.answer, typed) };
    }),
  };
  return withStrings(anonymous, (text) => text.replaceAll(UUID, (id) => ids.get(id) ?? id));
}

const maybe = (text: string | null, change: Mask): string | null => text && change(text);

/** What people wrote could hold anything: only how much it was stays. */
const typed: Mask = (text) => (text === "" ? "" : `[${[...text].length} characters]`);

function userOf(row: Row<"user">, as: Pseudonyms): Row<"user"> {
  const email = as.email(row.email);
  const [name, address] = [as.name(row.name), as.address(row.address)];
  return { ...row, email, emailFolded: email, name, address, externalId: null };
}

function paymentOf(row: Row<"payment">, as: Pseudonyms, mask: Mask): Row<"payment"> {
  const { reason, cardLastFour, instrument } = row;
  return {
    ...row,
    reason: maybe(reason, mask),
    cardLastFour: maybe(cardLastFour, () => as.lastFour(instrument ?? row.id)),
    instrument: maybe(instrument, as.instrument),
  };
}

function eventOf(row: Row<"event">, as: Pseudonyms, mask: Mask): Row<"event"> {
  const { data, personal, subjectKind } = row;
  const changes: Record<string, Mask> = { instrument: as.instrument, reason: mask };
  return {
    ...row,
    data: changed(data, (key) => changes[key]),
    personal: personal && changed(personal, (key) => personalChange(subjectKind, key, as, mask)),
  };
}

function personalChange(kind: string, key: string, as: Pseudonyms, mask: Mask): Mask | undefined {
  if (kind === "publication") return key === "language" ? undefined : mask;
  if (key === "trackingCode") return as.trackingCode;
  if (kind === "user" && (key === "email" || key === "name" || key === "address")) return as[key];
  return typed;
}

function changed(
  record: Readonly<Record<string, unknown>>,
  changeOf: (key: string) => Mask | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => {
      const change = changeOf(key);
      return [
        key,
        change ? withStrings(value, (text) => (text === "" ? "" : change(text))) : value,
      ];
    }),
  );
}

/** Replaces whatever names one of the world's people inside a text, and what only could name somebody. */
function masker(world: World, as: Pseudonyms): Mask {
  const known = new Map<string, string>();
  const add = (text: unknown, pseudonym: Mask) => {
    if (typeof text !== "string" || [...text.trim()].length < NAME_LEAST) return;
    known.set(text.trim().toLowerCase(), pseudonym(text));
  };
  for (const { email, name, address } of [
    ...world.user,
    ...world.event.flatMap(({ subjectKind, personal }) =>
      subjectKind === "user" && personal ? [personal as Partial<Row<"user">>] : [],
    ),
  ]) {
    add(name, as.name);
    add(address, as.address);
    add(email, as.email);
  }
  for (const { shipTo } of world.purchase) add(shipTo, as.address);
  const texts = [...known.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const people =
    texts.length > 0
      ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${texts.join("|")})(?![\\p{L}\\p{N}])`, "giu")
      : undefined;
  return (text) => {
    const named = people
      ? text.replaceAll(people, (found) => known.get(found.toLowerCase()) ?? "[name]")
      : text;
    return named
      .replaceAll(EMAIL, (found) => (PSEUDONYM.test(found) ? found : as.email(found)))
      .replaceAll(PHONE, "[telephone]");
  };
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** The same value with every text in it changed. */
function withStrings<T>(value: T, change: Mask): T {
  const walk = (inner: unknown): unknown => {
    if (typeof inner === "string") return change(inner);
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== "object" || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, item]) => [key, walk(item)]));
  };
  return walk(value) as T;
}
