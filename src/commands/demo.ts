import { join } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { packageDirectory } from "../config.ts";
import type { Context } from "../context.ts";
import type { Actor } from "../domain/actor.ts";
import { describeWrites, type StoreWrite } from "../domain/store-write.ts";
import { MktError } from "../errors.ts";
import { alsoBought } from "../operations/also-bought.ts";
import { showOrder } from "../operations/show-order.ts";
import { type Colour, paint } from "../output/colour.ts";
import { safeText } from "../output/safe-text.ts";
import { storyBlock } from "./order/story.ts";
import { examples } from "./parse.ts";
import { eventFollower, type Played, playScenario, readScenario } from "./scenario.ts";

export function registerDemo(program: Command, mkt: Context): void {
  program
    .command("demo")
    .summary("watch a whole sale happen")
    .description(
      "Play the whole story of a sale through the four stores: each command, what it wrote where, what followed.",
    )
    .addHelpText("after", examples("mkt demo"))
    .action(async () => {
      const file = join(packageDirectory(), "fixtures", "demo.yaml");
      const scenario = await readScenario(file);
      const actor = await mkt.actor("demo");
      const say = (text: string, colour?: Colour) => {
        const safe = safeText(text);
        mkt.streams.stdout.write(`${colour ? paint(colour, safe, mkt.terminal) : safe}\n`);
      };
      const followed = await eventFollower(actor, mkt);
      const saved: Record<string, unknown> = {};
      let writes: StoreWrite[] = [];
      const watch = {
        before: (command: string, { say: text }: Played["step"]) => {
          writes = [];
          if (text) say(`\n${text}`, "cyan");
          say(`$ mkt ${command}`, "bold");
        },
        observe: (write: StoreWrite) => void writes.push(write),
      };
      for await (const played of playScenario(scenario, file, mkt, watch)) {
        if (played.problem !== undefined)
          throw new MktError("check_failed", `the demo went wrong: ${played.problem}`);
        if (played.step.save) saved[played.step.save] = played.result;
        if (played.step.error) say(`  refused as it should be: ${played.step.error}`, "yellow");
        for (const { store, what } of describeWrites(writes)) say(`  ${store.padEnd(9)} ${what}`);
        const events = await followed();
        if (events.length > 0) say(`  events    ${events.join(", ")}`, "gray");
      }
      await tellEnding(saved, actor, say, mkt);
    });
}

/** The order's story, and the graph's answer: who bought the lamp also bought the table. */
async function tellEnding(
  saved: Readonly<Record<string, unknown>>,
  actor: Actor,
  say: (text: string, colour?: Colour) => void,
  mkt: Context,
): Promise<void> {
  const orderId = textAt(saved, "purchase", "orders", "0", "id");
  const publicationId = textAt(saved, "lamp", "id");
  const story = await showOrder({ actor, order: orderId }, mkt.deps());
  say("\nThe order's whole story:", "cyan");
  say(`$ mkt order show ${orderId}`, "bold");
  say(storyBlock(story));
  say("\nAnd a question for the graph: who bought the lamp, what else did they buy?", "cyan");
  const { query, items } = await alsoBought({ publication: publicationId, limit: 5 }, mkt.deps());
  say(`gremlin> ${query}`, "bold");
  for (const { id, title, buyers } of items)
    say(`  ${title ?? id}: ${buyers} ${buyers === 1 ? "buyer" : "buyers"}`);
  if (items.length === 0)
    throw new MktError("check_failed", "the graph does not know who bought both");
  say(`\nThe order is ${story.state}. Now each step by hand: mkt --help`, "green");
}

function textAt(saved: unknown, ...path: readonly string[]): string {
  let value = saved;
  for (const key of path)
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  if (typeof value === "string") return value;
  throw new MktError("check_failed", `the demo saved no ${path.join(".")}`);
}
