import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, test as anyTest, beforeAll, expect, type TestContext } from "vitest";
import { dossierPage } from "../src/commands/dispute/dossier-page.ts";
import { digestPage } from "../src/commands/report/digest-page.ts";
import { reportPage } from "../src/commands/report/html.ts";
import { openDeps } from "../src/deps.ts";
import type { Actor } from "../src/domain/actor.ts";
import { newId } from "../src/domain/ids.ts";
import { answer, ask } from "../src/operations/ask.ts";
import { buy } from "../src/operations/buy.ts";
import { updatePublication } from "../src/operations/change-publication.ts";
import { disputeDossier } from "../src/operations/dispute-dossier.ts";
import { pay } from "../src/operations/pay.ts";
import { weekDigest } from "../src/operations/report-digest.ts";
import { review } from "../src/operations/review.ts";
import { planReport, runReport } from "../src/operations/run-report.ts";
import { settleShipment } from "../src/operations/settle-shipment.ts";
import { ship } from "../src/operations/ship.ts";
import { rowsOf } from "../src/reports/rows.ts";
import { readOnlyStore } from "../src/stores/aurora/read-only.ts";
import { openS3 } from "../src/stores/s3/client.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";
import { type SmallWorld, smallWorld } from "../src/testing/small-world.ts";

const CHROMIUM = "/usr/bin/chromium";
/** What a page would do if it took a text for markup. */
const HOSTILE = `</script><script>document.title = "owned"</script>"'&lt;`;
const OVERRIDE = "\u202e";
const NEVER_MS = 3_600_000;
const NOW = "2026-11-24T15:00:00.000Z";
const ANALYST: Actor = { userId: newId(), roles: ["analyst"], operatorId: null };

/** In CI a browser is part of what is tested: without one these tests fail there. */
const canOpen = existsSync(CHROMIUM) || Boolean(process.env.CI);

function test(name: string, run: (t: TestContext) => Promise<void>): void {
  anyTest(name, async (t) => {
    t.skip(!canOpen, `there is no ${CHROMIUM}: apt-get install chromium`);
    await run(t);
  });
}

let browser: Browser;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mkt-pages-"));
  if (canOpen)
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true });
});

/**
 * Opens a page from disk, and gathers what it should not do: log or throw errors, and request anything but itself and
 * what stands in it.
 */
async function open(t: TestContext, text: string, { isDark = false, width = 1_000 } = {}) {
  const file = join(directory, `${newId()}.html`);
  await writeFile(file, text);
  const url = pathToFileURL(file).href;
  const colorScheme = isDark ? ("dark" as const) : ("light" as const);
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  t.onTestFinished(() => page.close());
  const wrongs: string[] = [];
  page.on("console", (message) => wrongs.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrongs.push(error.message));
  page.on("dialog", (dialog) => wrongs.push(dialog.message()));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) wrongs.push(request.url());
  });
  await page.goto(url);
  return { page, wrongs };
}

/** How many colours a chart's canvas has: one that nothing was drawn on has one. */
const colours = (page: Page) =>
  page.evaluate<number[]>(`[...document.querySelectorAll(".chart canvas")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })`);

const isWiderThanScreen = (page: Page) =>
  page.evaluate<boolean>("document.documentElement.scrollWidth > window.innerWidth");

/** Orders of two weeks in two categories, one of which is called what no page should believe. */
async function twoWeeks(t: TestContext): Promise<SmallWorld> {
  const world = await smallWorld(t, { now: NOW, timeZone: "America/Sao_Paulo" });
  const ana = world.user("ana");
  const [lamps, hostile] = [world.category("Lighting"), world.category(`${HOSTILE}${OVERRIDE}`)];
  const [lamp, desk] = [
    world.publication(ana, { categories: [lamps], priceMinor: 1_000 }),
    world.publication(ana, { categories: [hostile], priceMinor: 2_500 }),
  ];
  // The first lies in Sunday's last hour of the zone, though in UTC it is Monday.
  for (const at of ["2026-11-16T02:30:00Z", "2026-11-17T12:00:00Z", "2026-11-20T12:00:00Z"])
    world.order({ at, lines: [{ of: lamp }, { of: desk, quantity: 2 }] });
  world.order({ at: "2026-11-23T12:00:00Z", lines: [{ of: lamp, quantity: 90 }] });
  await world.write();
  return world;
}

async function salesPage(world: SmallWorld, by: string): Promise<string> {
  const wish = { name: "sales", by, since: undefined, until: undefined };
  const planned = planReport(
    { ...wish, timeZone: undefined, limit: undefined },
    { profile: world.profile, now: () => NOW },
  );
  const reading = { actor: ANALYST, planned, signal: new AbortController().signal };
  const reportRows = readOnlyStore(world.profile);
  const rows = await runReport(reading, rowsOf, { reportRows });
  return reportPage(planned, rows, undefined, world.profile.timeZone);
}

function digest(world: SmallWorld, until?: string) {
  const reportRows = readOnlyStore(world.profile);
  const deps = { profile: world.profile, now: () => NOW, reportRows };
  return weekDigest({ actor: ANALYST, until, signal: new AbortController().signal }, deps);
}

test("a report's page is drawn, asks for nothing and believes no text", async (t) => {
  const world = await twoWeeks(t);
  const { page, wrongs } = await open(t, await salesPage(world, "category"));
  expect(await page.title()).toBe("Sales");
  const table = await page.innerText("table");
  expect(table).toContain(`${HOSTILE}\\u{202e}`);
  expect(table).toContain("150.00");
  const [drawn = 0] = await colours(page);
  expect(drawn).toBeGreaterThan(2);
  expect(wrongs).toEqual([]);
});

test("a report's page is as wide as the screen, in the dark and on paper too", async (t) => {
  const world = await twoWeeks(t);
  const text = await salesPage(world, "day");
  const { page, wrongs } = await open(t, text, { isDark: true, width: 400 });
  expect(await isWiderThanScreen(page)).toBe(false);
  const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  expect(await background()).not.toBe("rgb(255, 255, 255)");
  const [onScreen] = await page.locator(".chart canvas").all();
  expect((await onScreen?.boundingBox())?.width).toBeLessThan(400);

  await page.emulateMedia({ media: "print" });
  expect(await background()).toBe("rgb(255, 255, 255)");
  const [onPaper] = await page.locator(".chart canvas").all();
  expect((await onPaper?.boundingBox())?.width).toBeGreaterThan(500);
  expect((await colours(page))[0]).toBeGreaterThan(2);
  expect(wrongs).toEqual([]);
});

test("a report without rows is a page that says so", async (t) => {
  const world = await smallWorld(t);
  const { page, wrongs } = await open(t, await salesPage(world, "day"));
  expect(await page.innerText("main")).toContain("There is nothing to show for this period.");
  expect(await page.locator("canvas").count()).toBe(0);
  expect(wrongs).toEqual([]);
});

test("a digest is of the last whole week of the marketplace's zone, beside the one before", async (t) => {
  const world = await twoWeeks(t);
  const last = await digest(world);
  expect(last.week).toEqual({ since: "2026-11-16", until: "2026-11-23" });
  const [sales] = last.sections;
  expect(last.sections.map(({ report }) => report.name)).toEqual([
    "sales",
    "payments",
    "delivery",
    "conformity",
    "questions",
  ]);
  expect(sales?.parts).toMatchObject([
    { currency: "ARS", week: { orders: "2", units: "6" }, before: { orders: "1", units: "3" } },
  ]);
  expect(last.categories.week.map((row) => row.linesMinor)).toEqual(["10000", "2000"]);

  const { page, wrongs } = await open(t, digestPage(last));
  expect(await page.title()).toBe("The week of 16 to 22 November 2026");
  expect((await page.innerText("main")).replaceAll(/\s+/g, " ")).toContain("Orders 2 1 +100.0 %");
  expect(await page.locator(".chart canvas").count()).toBe(2);
  expect(wrongs).toEqual([]);

  // A week that ends on the day itself has ended before it.
  expect((await digest(world, "2026-11-16")).week.since).toBe("2026-11-09");
  expect((await digest(world, "2026-11-22")).week.since).toBe("2026-11-09");
  await expect(digest(world, "2026-02-30")).rejects.toMatchObject({ code: "usage" });
  const empty = await open(t, digestPage(await digest(world, "2020-01-01")));
  expect(await empty.page.innerText("main")).toContain("Nothing happened in these two weeks.");
  expect(empty.wrongs).toEqual([]);
});

/** A disputed order of a desk with two pictures that was another desk when it was bought. */
async function disputed(t: TestContext) {
  const times = { pickupMs: NEVER_MS, deliveryMs: NEVER_MS };
  const market = await testMarketplace(t, { times });
  const { deps } = market;
  const [seller, buyer, staff] = [
    await market.user("ana"),
    await market.user("carla"),
    await market.user("sol", "support"),
  ];
  const images = await Promise.all(
    ["table.png", "chair.webp"].map(async (name) => {
      return { name, bytes: await readFile(join("fixtures", "images", name)) };
    }),
  );
  const { id: publication } = await market.publication(seller, {
    title: `Oak desk ${HOSTILE}`,
    description: "Solid oak",
    images,
  });
  const question = await ask({ actor: buyer, publication, text: "Is it oak?" }, deps);
  await answer({ actor: seller, question: question.id, answer: `All of it. ${HOSTILE}` }, deps);
  const wanted = [{ publication, quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key: newId(), wanted, shipTo: null }, deps);
  const order = orders[0]?.id ?? "";
  await pay({ actor: buyer, target: order, card: "tok_approved", waitMs: 5_000 }, deps);
  const edit = { description: "Pine, stained" };
  const update = { actor: seller, publication, edit, ifVersion: null, createCategories: false };
  await updatePublication(update, deps);
  const shipment = await ship({ actor: seller, order }, deps);
  await deps.simulators.deliverShipment(shipment.providerId ?? "");
  await settleShipment(shipment.id, deps);
  const verdict = { lineNumber: 1, conforms: false, rating: 1, text: "It is pine" };
  await review({ actor: buyer, order, ...verdict }, deps);
  return { market, deps, seller, buyer, staff, order, publication };
}

test("a dossier tells what was bought as it stood then, and says what is missing", async (t) => {
  const { market, deps, buyer, staff, order } = await disputed(t);
  await expect(disputeDossier({ actor: buyer, dispute: order }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
  const whole = await disputeDossier({ actor: staff, dispute: order }, deps);
  const opened = await open(t, dossierPage(whole));
  const text = await opened.page.innerText("main");
  expect(text).toContain(`Line 1: Oak desk ${HOSTILE}`);
  expect(text).toMatch(/Description\s+Solid oak/);
  expect(text).toContain("changed to version 2 (other description); it is active");
  expect(text).toMatch(/Today it says\s+Pine, stained/);
  expect(text).toContain(`All of it. ${HOSTILE}`);
  expect(text).toMatch(/The buyer, [-\d: ]+, before it was bought/);
  expect(text).toContain("1 of 5, does not conform: It is pine");
  expect(whole.order.shipments[0]?.scans.length).toBeGreaterThan(0);
  const { transitions } = whole.order;
  expect(transitions.length).toBeGreaterThan(10);
  const last = opened.page.locator("section").last();
  expect(await last.locator("tbody tr").count()).toBe(transitions.length);
  expect(
    await opened.page.evaluate("[...document.images].map((image) => image.naturalWidth > 0)"),
  ).toEqual([true, true]);
  expect(opened.wrongs).toEqual([]);

  const [first = "", second = ""] = whole.lines[0]?.document?.images ?? [];
  await deps.objects.putObject(`images/${first}`, "another", "image/png");
  await deletePicture(market, second);
  const torn = await disputeDossier({ actor: staff, dispute: whole.dispute.id }, deps);
  expect(torn.lines[0]?.pictures).toMatchObject([{ is: "altered" }, { is: "missing" }]);
  const tornText = await (await open(t, dossierPage(torn))).page.innerText("main");
  expect(tornText).toContain(`SHA-256 ${first}`);
  expect(tornText).toContain("what lies under this name is another picture");
  expect(tornText).toContain("Missing: there is no picture of this name any more.");
});

async function deletePicture({ config }: Marketplace, sha256: string): Promise<void> {
  const client = openS3(config.profile.s3);
  const { bucket } = config.profile.s3;
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `images/${sha256}` }));
  client.destroy();
}

test("without DynamoDB and S3 a dossier says what it could not read", async (t) => {
  const { market, staff, order } = await disputed(t);
  const { config } = market;
  const endpoint = { socketPath: join(directory, "nobody.sock") };
  const profile = {
    ...config.profile,
    dynamo: { ...config.profile.dynamo, endpoint },
    s3: { ...config.profile.s3, endpoint },
  };
  const away = openDeps({ ...config, profile }, { notice: () => undefined });
  t.onTestFinished(away.close);
  const dossier = await disputeDossier({ actor: staff, dispute: order }, away.deps);
  expect(dossier.gaps).toEqual([
    "S3 could not be reached: pictures are named by their SHA-256, and not shown.",
    "DynamoDB could not be reached: questions and answers are missing.",
  ]);
  const { page, wrongs } = await open(t, dossierPage(dossier));
  const text = await page.innerText("main");
  for (const gap of dossier.gaps) expect(text).toContain(gap);
  expect(text).toContain("Solid oak");
  for (const { sha256 } of dossier.lines[0]?.pictures ?? []) expect(text).toContain(sha256);
  expect(wrongs).toEqual([]);
});
