import { expect, test } from "vitest";
import { newId } from "../src/domain/ids.ts";
import { type Fault, LAWS, type LawName } from "../src/domain/law.ts";
import { projectPublications } from "../src/operations/project-publication.ts";
import { cloneOrder } from "../src/testing/clone-orders.ts";
import { INJURIES } from "../src/testing/injuries.ts";
import { check, type SickMarketplace, sickMarketplace } from "../src/testing/sick-marketplace.ts";
import { SICKNESSES } from "../src/testing/sicknesses.ts";

// A recorded run takes more: MKT_DOCTOR_ORDERS=20000 npx vitest run test/doctor-scale.test.ts
const ORDERS = Number(process.env.MKT_DOCTOR_ORDERS ?? 300);
const PUBLICATIONS = Math.ceil(ORDERS / 20);
const TIMEOUT_MS = 1_800_000;
const LIMIT = { limit: 1_000 };
/** Those that can be had at once. */
const TOGETHER = [
  "a page with another price",
  "a page without a row",
  "a posting that was left behind",
  "a question that waits too long",
  "a webhook that was given up",
];

test(
  `of ${ORDERS} orders none is wrong; one fault of each law is found, named and mended if it can be`,
  async (t) => {
    const market = await sickMarketplace(t, { stock: 500_000 });
    await fill(market);
    const clean = await timed("checked, nothing wrong", () => check(market, LIMIT));
    expect(clean.faults).toEqual([]);
    expect(clean.laws.find(({ law }) => law === "totals-add-up")?.checked).toBeGreaterThan(ORDERS);

    const ids: string[] = [];
    for (const { of } of SICKNESSES) ids.push(await of(market));
    for (const [index, { spoil }] of SICKNESSES.entries()) await market.spoil(spoil, ids[index]);
    const image = await market.deps.objects.getImage(market.imageId);
    const imageKey = `images/${market.imageId}`;
    await market.deps.objects.putObject(imageKey, "another", image.contentType);
    const expected = [
      ...SICKNESSES.map(({ law }, index) => `${law} ${ids[index]}`),
      `images-are-whole ${market.imageId}`,
    ];
    const sick = await timed("checked, rows wrong", () => check(market, LIMIT));
    expect(sick.faults.map(({ law, id }) => `${law} ${id}`)).toEqual(
      expect.arrayContaining(expected),
    );
    for (const [index, { cure }] of [...SICKNESSES.entries()].reverse())
      await market.spoil(cure, ids[index]);
    await market.deps.objects.putObject(imageKey, image.bytes, image.contentType);

    const strays = INJURIES.filter(({ what }) => TOGETHER.includes(what));
    for (const { injure } of strays) await injure(market);
    let plan: readonly Fault[] = [];
    const approve = async (shown: readonly Fault[]) => {
      plan = shown;
      return true;
    };
    const mended = await timed("checked, mended, checked", () =>
      check(market, { ...LIMIT, approve }),
    );
    expect(plan.map(({ law, id }) => `${law} ${id}`)).toEqual(
      expect.arrayContaining(strays.map(({ law, of }) => `${law} ${of(market)}`)),
    );
    expect(mended.faults).toEqual([]);
    const broken = new Set([...sick.faults, ...plan].map(({ law }) => law));
    expect(Object.keys(LAWS).filter((law) => !broken.has(law as LawName))).toEqual([]);
  },
  TIMEOUT_MS,
);

/** Copies orders of four kinds, and offers things that nobody buys. */
async function fill({ admin, orders, deps, seller }: SickMarketplace): Promise<void> {
  const share = Math.ceil(ORDERS / 4);
  for (const name of ["cancelled", "partRefunded", "paid", "disputed"] as const)
    await cloneOrder(admin, orders[name], share);
  const pages = [];
  for (let number = 1; number <= PUBLICATIONS; number += 1) {
    const words = Array.from({ length: 30 }, (_, index) => `word${(number * index) % 997}`);
    const document = {
      title: `Thing ${number}`,
      description: words.join(" "),
      keywords: "",
      language: "en",
      images: [],
    } as const;
    const facts = { sellerId: seller.userId, externalId: null, priceMinor: 100, currency: "ARS" };
    const more = { id: newId(), stock: 5, categoryIds: [], document, createdAt: deps.now() };
    pages.push(await deps.publications.create({ ...facts, ...more }, "user:test"));
  }
  await projectPublications(pages, deps);
  await deps.events.sequence();
  await deps.events.advance("relay", await deps.events.lastPosition(), deps.now());
  await admin.query("analyze");
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  const megabytes = Math.round(process.memoryUsage().rss / 1_048_576);
  process.stderr.write(`${what}: ${seconds} s, ${megabytes} MB\n`);
  return result;
}
