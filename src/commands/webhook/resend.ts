import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { type Resent, resendMissing, resendWebhook } from "../../operations/resend-webhook.ts";
import { examples, time } from "../parse.ts";

export function registerWebhookResend(webhook: Command, mkt: Context): void {
  webhook
    .command("resend")
    .description(
      "Ask a provider to send a webhook again, or all that we never received; one that we have is also acted on at once. For staff.",
    )
    .argument("[webhook]", "the beginning of its id, or the provider's id of the event")
    .option("--missing", "every event that we never received")
    .option("--since <time>", "with --missing: only from then on (default: 7 days)", time)
    .addOption(
      new Option("--provider <name>", "with --missing: only of this provider").choices([
        "payments",
        "shipping",
      ] as const),
    )
    .addHelpText(
      "after",
      examples("mkt webhook resend 0199c4fc", "mkt webhook resend --missing --since 2026-11-20"),
    )
    .action(async (text, { missing, ...filter }) => {
      if ((text === undefined) === (missing === undefined)) {
        throw new MktError("usage", "say which webhook, or --missing");
      }
      if (text !== undefined && (filter.since ?? filter.provider) !== undefined) {
        throw new MktError("usage", "--since and --provider go with --missing");
      }
      const actor = await mkt.actor("webhook resend");
      if (text !== undefined) {
        mkt.print(await resendWebhook({ actor, webhook: text }, mkt.deps()), sentence);
        return;
      }
      const wanted = { actor, stopping: mkt.stopping(), ...filter };
      mkt.print(
        await resendMissing(wanted, mkt.deps()),
        ({ resent: { payments, shipping } }) =>
          `Asked for ${payments} ${payments === 1 ? "event" : "events"} of payments and ${shipping} of shipping again`,
      );
    });
}

function sentence({ eventId, provider, state, reason }: Resent): string {
  const asked = `Asked ${provider} for event ${eventId} again`;
  if (state === null) return `${asked}; we never received it`;
  return state === "done"
    ? `${asked}, and acted on it`
    : `${asked}; acting on it failed: ${reason}`;
}
