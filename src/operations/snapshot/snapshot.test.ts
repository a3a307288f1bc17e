import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, type TestContext, test } from "vitest";
import { packageDirectory } from "../../config.ts";
import type { Actor } from "../../domain/actor.ts";
import { type Marketplace, testMarketplace } from "../../testing/marketplace.ts";
import { type SickMarketplace, sickMarketplace } from "../../testing/sick-marketplace.ts";
import { ask } from "../ask.ts";
import { buy } from "../buy.ts";
import { examine } from "../doctor/examine.ts";
import { pay } from "../pay.ts";
import { type OrderStory, showOrder } from "../show-order.ts";
import { loadSnapshot } from "./load.ts";
import { saveSnapshot } from "./save.ts";

const stopping = new AbortController().signal;

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "mkt-snapshot-"));
  t.onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

function save(
  { staff: actor, deps }: Pick<SickMarketplace, "staff" | "deps">,
  more: {
    orders: string[];
    file: string;
    depth?: number;
    anonymize?: boolean;
    limit?: number;
    approve?: () => Promise<boolean>;
  },
) {
  const approve = async () => true;
  const request = { actor, depth: 0, limit: 200, anonymize: true, stopping, approve };
  return saveSnapshot({ ...request, ...more }, deps);
}

const load = (actor: Actor, file: string, { deps }: Marketplace, dryRun = false) =>
  loadSnapshot({ actor, file, dryRun, stopping }, deps);

async function faultsOf(actor: Actor, { deps }: Marketplace): Promise<unknown[]> {
  const quiet = { approve: undefined, stopping, progress: () => undefined };
  return (await examine({ actor, laws: [], limit: 100, ...quiet }, deps)).faults;
}

/** Everything of a marketplace that says who somebody is, or that somebody typed. */
async function personalTexts({ admin }: SickMarketplace): Promise<string[]> {
  const { rows } = await admin.query<{ text: string }>(`
    select distinct text from (
      select unnest(array[id::text, email, name, address]) as text from "user"
      union all select unnest(array[ship_to, request_digest]) from purchase
      union all select unnest(array[card_token, provider_id, instrument]) from payment
      union all select provider_id from refund
      union all select unnest(array[provider_id, tracking_code, label_url]) from shipment
      union all select value from event, jsonb_each_text(personal) where subject_kind <> 'publication'
    ) as texts where length(text) > 2`);
  return rows.map(({ text }) => text);
}

/** A story without what is not the same in another profile, and without who and what people said. */
function plot({ flags, payments, shipments, ...story }: OrderStory) {
  const steps = story.transitions.map(({ machine, from, to, at }) => ({ machine, from, to, at }));
  return {
    state: story.state,
    totalMinor: story.totalMinor,
    lines: story.lines.map(({ id, quantity, title }) => ({ id, quantity, title })),
    payments: payments.map(({ id, state, amountMinor, refunds }) => {
      return { id, state, amountMinor, refunds: refunds.map((one) => [one.id, one.state]) };
    }),
    shipments: shipments.map(({ id, state, scans }) => {
      return { id, state, scans: scans.map((scan) => [scan.state, scan.at]) };
    }),
    reviews: story.reviews.map(({ rating, conforms }) => ({ rating, conforms })),
    disputes: story.disputes.map(({ reason, state, refundedMinor }) => {
      return { reason, state, refundedMinor };
    }),
    questions: story.questions.map(({ id, state }) => ({ id, state })),
    steps,
  };
}

/** What others bought and asked of the same publication, and a text that names people. */
async function withOthers(market: SickMarketplace): Promise<string> {
  const { deps, seller } = market;
  const carla = await market.user("Carla Quispe-Salas");
  const lamp = await readFile(join(packageDirectory(), "fixtures/images/lamp.jpg"));
  const comment = Buffer.concat([Buffer.from("fffe0008", "hex"), Buffer.from("Quispe")]);
  const bytes = Buffer.concat([lamp.subarray(0, 2), comment, lamp.subarray(2)]);
  const offer = await market.publication(seller, {
    images: [{ name: "stand.jpg", bytes }],
    title: "Lamp stand of Carla Quispe-Salas",
    description: "write to carla quispe-salas@example.com, strange@example.org or +54 11 4555-1234",
    stock: 5,
  });
  const wanted = [market.lampId, offer.id].map((publication) => ({ publication, quantity: 2 }));
  const to = { shipTo: "Calle 9", region: "Santa Fe" };
  const { orders } = await buy({ actor: carla, key: "others", wanted, ...to }, deps);
  const [{ id = "" } = {}] = orders;
  await pay({ actor: carla, target: id, card: "tok_approved", waitMs: 5_000 }, deps);
  await ask({ actor: carla, publication: market.lampId, text: "For carla?" }, deps);
  await market.relay();
  return id;
}

test("the world around an order goes into another profile, anonymous, lawful, and once", async (t) => {
  const market = await sickMarketplace(t);
  const others = await withOthers(market);
  const file = join(await directory(t), "case.ndjson");
  const target = await testMarketplace(t);
  const operator = await target.user("boss", "operator");
  const { partRefunded: id } = market.orders;

  const saved = await save(market, { orders: [id], file });
  expect(saved).toMatchObject({ anonymized: true, isCut: false, images: 1 });
  expect(saved.rows).toMatchObject({
    order: 1,
    publication: 1,
    dispute: 1,
    refund: 1,
    question: 2,
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  expect(await load(operator, file, target, true)).toMatchObject({ dryRun: true, wasThere: false });
  expect(await target.deps.orders.find(id)).toBeUndefined();
  const loaded = await load(operator, file, target);
  expect(loaded).toMatchObject({ wasThere: false, rows: { order: 1, shipment: 1, question: 2 } });
  await target.relay();
  expect(await faultsOf(operator, target)).toEqual([]);

  const [before, after] = await Promise.all([
    showOrder({ actor: market.staff, order: id }, market.deps),
    showOrder({ actor: operator, order: id }, target.deps),
  ]);
  expect(plot(after)).toEqual(plot(before));
  expect(after.flags).toEqual(["imported"]);
  expect(after.buyer?.email).not.toBe(before.buyer?.email);
  expect(await target.deps.pages.get(market.lampId)).toMatchObject({ rating: null });
  const image = await target.deps.objects.imageDigest(market.imageId);
  expect(image).toBe(market.imageId);

  const position = await target.deps.events.lastPosition();
  expect(await load(operator, file, target)).toMatchObject({ wasThere: true, rows: {} });
  expect(await target.deps.events.lastPosition()).toBe(position);

  // The same order under another salt is another case.
  await save(market, { orders: [id], file });
  await expect(load(operator, file, target)).rejects.toMatchObject({ code: "conflict" });
  await expect(load(market.seller, file, target)).rejects.toMatchObject({ code: "not_allowed" });
  expect(await target.deps.events.lastPosition()).toBe(position);

  // Further away there is everything, and still nothing that names anybody.
  const wide = await testMarketplace(t);
  const chief = await wide.user("chief", "operator");
  const packed = `${file}.gz`;
  const all = await save(market, { orders: [id], file: packed, depth: 2 });
  expect(all.rows).toMatchObject({ order: 7, publication: 2, user: 4 });
  const text = gunzipSync(await readFile(packed)).toString();
  const words = text.split("\n").filter((line) => !line.startsWith('{"image"'));
  const whole = words.join("\n").toLowerCase();
  const found = (await personalTexts(market)).filter((personal) => {
    const letters = personal.toLowerCase().replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return new RegExp(`(?<![\\p{L}\\p{N}])${letters}(?![\\p{L}\\p{N}])`, "u").test(whole);
  });
  expect(found).toEqual([]);
  expect(whole).not.toMatch(/quispe|4555-1234|strange|calle/);
  // Without the comment it is the lamp's picture.
  expect(all.images).toBe(1);
  const both = await Promise.all([load(chief, packed, wide), load(chief, packed, wide)]);
  expect(both.map(({ rows }) => rows.order ?? 0).sort()).toEqual([0, 7]);
  await wide.relay();
  expect(await faultsOf(chief, wide)).toEqual([]);
  expect(await wide.deps.pages.get(market.lampId)).toMatchObject({ rating: { count: 1 } });
  const there = await wide.deps.orders.find(others);
  expect(there).toMatchObject({ state: "paid", region: "Santa Fe" });
  expect(await save(market, { orders: [id], file, depth: 2, limit: 3 })).toMatchObject({
    isCut: true,
    rows: { order: 3 },
  });
});

test("a snapshot with personal data is refused where somebody else has the e-mail", async (t) => {
  const market = await sickMarketplace(t);
  const file = join(await directory(t), "case.ndjson");
  const target = await testMarketplace(t);
  const operator = await target.user("boss", "operator");
  const root = await target.user("root", "operator");
  const { partRefunded: id } = market.orders;
  const plain = { orders: [id], file, anonymize: false };
  await expect(save(market, { ...plain, approve: async () => false })).rejects.toMatchObject({
    code: "interrupted",
  });
  await save(market, plain);
  const text = await readFile(file, "utf8");
  expect(text).toContain("beto@example.com");
  expect(text).not.toMatch(/passwordHash|cardToken|tok_/);
  // Staff are who they are here; buyers and sellers are not.
  await load(operator, file, target);
  const { disputes } = await showOrder({ actor: operator, order: id }, target.deps);
  expect(disputes).toMatchObject([{ resolvedBy: `user:${root.userId}` }]);
  expect(await load(operator, file, target)).toMatchObject({ wasThere: true });
  const other = await testMarketplace(t);
  const boss = await other.user("boss", "operator");
  const beto = await other.user("beto");
  await expect(load(boss, file, other)).rejects.toThrow(
    `beto@example.com is somebody else here: user ${beto.userId}`,
  );
  expect(await other.deps.orders.find(id)).toBeUndefined();
  await expect(load(market.staff, file, market)).rejects.toThrow("with other content");
});

test("a file that was cut, changed or made up is refused whole, with its line", async (t) => {
  const market = await testMarketplace(t);
  const staff = await market.user("olga", "support");
  const [seller, buyer] = [await market.user("ana"), await market.user("beto")];
  const bytes = await readFile(join(packageDirectory(), "fixtures/images/lamp.jpg"));
  const images = [{ name: "lamp.jpg", bytes }];
  const { id: publication } = await market.publication(seller, { images });
  const bought = { actor: buyer, key: "one", wanted: [{ publication, quantity: 1 }], shipTo: null };
  const [{ id = "" } = {}] = (await buy(bought, market.deps)).orders;
  await pay({ actor: buyer, target: id, card: "tok_approved", waitMs: 5_000 }, market.deps);
  const folder = await directory(t);
  const file = join(folder, "case.ndjson");
  const target = await testMarketplace(t);
  const operator = await target.user("boss", "operator");
  await save({ staff, deps: market.deps }, { orders: [id], file });
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const broken = async (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    await writeFile(path, content);
    await expect(load(operator, path, target)).rejects.toMatchObject({ code: "invalid" });
    return load(operator, path, target).catch(({ message }: Error) => message);
  };
  const edited = (change: (text: string) => string) => lines.map(change).join("\n");

  expect(await broken("empty", "")).toContain("is empty");
  expect(await broken("other", '{"a": 1}\n')).toContain("line 1: this is no snapshot");
  expect(await broken("picture", Buffer.from("ffd8ffe000", "hex"))).toContain("not UTF-8");
  expect(
    await broken(
      "newer",
      edited((text) => text.replace('"version":1', '"version":2')),
    ),
  ).toContain("is a snapshot of version 2");
  expect(await broken("cut", lines.slice(0, -3).join("\n"))).toContain("cut short or changed");
  expect(await broken("torn", lines.join("\n").slice(0, -200))).toContain(
    `line ${lines.length}: it is not JSON`,
  );
  const packed = gzipSync(lines.join("\n"));
  expect(await broken("torn.gz", packed.subarray(0, packed.length / 2))).toContain("is cut short");
  expect(
    await broken(
      "more",
      edited((text) => text.replace('"row":{', '"row":{"passwordHash":"x",')),
    ),
  ).toContain("line 2: user");
  const deep = `{"table":"event","row":{"data":${"[".repeat(60)}${"]".repeat(60)}}}`;
  expect(await broken("deep", lines.with(3, deep).join("\n"))).toContain("line 4: it nests");
  const order = lines.findIndex((text) => text.startsWith('{"table":"order"'));
  const strange = lines.with(
    order,
    (lines[order] ?? "").replace(/"buyerId":"[^"]*"/, `"buyerId":"${operator.userId}"`),
  );
  expect(await broken("strange", strange.join("\n"))).toContain(
    `line ${order + 1}: it names user ${operator.userId}`,
  );
  const other = createHash("sha256").update("other").digest("hex");
  expect(
    await broken(
      "hash",
      edited((text) => text.replace(/^\{"image":"[^"]*"/, `{"image":"${other}"`)),
    ),
  ).toContain("it is damaged");
  expect(await target.deps.objects.listObjects("images/")).toEqual([]);
  // What only Aurora sees leaves pictures at most, which harm nobody.
  const sums = lines.map((text) =>
    text.startsWith('{"table":"ledgerEntry"')
      ? text.replace(/"amountMinor":-?\d+/, '"amountMinor":7')
      : text,
  );
  expect(await broken("sums", sums.join("\n"))).toContain("Aurora does not take a row");

  await target.deps.events.sequence();
  expect(await target.deps.events.after(0, 10)).toHaveLength(1);
  await load(operator, file, target);
});
