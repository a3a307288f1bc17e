import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { showWebhook, type WebhookStory } from "../../operations/list-webhooks.ts";
import { block } from "../../output/story.ts";
import { examples } from "../parse.ts";

export function registerWebhookShow(webhook: Command, mkt: Context): void {
  webhook
    .command("show")
    .description(
      "Show a webhook: its body, why it was refused or failed, and the payment, refund or shipment it speaks of. For staff.",
    )
    .argument("<webhook>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt webhook show 0199c4fc"))
    .action(async (text) => {
      const actor = await mkt.actor("webhook show");
      mkt.print(await showWebhook({ actor, webhook: text }, mkt.deps()), story);
    });
}

function story(shown: WebhookStory): string {
  const { id, provider, eventId, state, reason, attempts, about, receivedAt, doneAt } = shown;
  return block([
    ["webhook", id],
    ["provider", provider],
    ["event", eventId ?? "not known: it was refused"],
    ["state", reason ? `${state} (${reason})` : state],
    ["received", receivedAt],
    ...(doneAt ? [["done", doneAt] as const] : []),
    ...(attempts > 0 ? [["failed", attempts === 1 ? "once" : `${attempts} times`] as const] : []),
    ...(state === "failed" ? [["next try", shown.nextTryAt] as const] : []),
    ...(about
      ? [[about.kind, `${about.id} ${about.state}`] as const, ["order", about.orderId] as const]
      : [["about", "nothing that we know under this id"] as const]),
    ["body", typeof shown.body === "string" ? shown.body : JSON.stringify(shown.body, null, 2)],
  ]);
}
