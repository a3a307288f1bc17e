import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import {
  planResending,
  type Resent,
  resendMissing,
  resendWebhook,
} from "../../operations/resend-webhook.ts";
import { examples, time } from "../parse.ts";
import { refuseRowOptions, withRows } from "../with-rows.ts";

const bulk: BulkCommand<{ webhook: string }, Resent> = {
  name: "webhook resend",
  plan: async (row, { actor }, deps) => {
    const { id, eventId, provider } = await planResending({ actor, ...row }, deps);
    return {
      subjectKind: "webhook",
      subjectId: id ?? eventId,
      from: null,
      to: "asked for again",
      summary: `asks ${provider} for it${id === null ? "; we never received it" : ", and acts on it"}`,
    };
  },
  apply: async (row, { actor }, deps) => {
    const resent = await resendWebhook({ actor, ...row }, deps);
    const { id, eventId, state } = resent;
    return { subjectKind: "webhook", subjectId: id ?? eventId, state, value: resent };
  },
  undo: "what a provider told is told",
};

export function registerWebhookResend(webhook: Command, mkt: Context): void {
  const command = webhook
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
      examples(
        "mkt webhook resend 0199c4fc",
        "mkt webhook resend --missing --since 2026-11-20",
        "mkt webhook resend --from failed.csv",
      ),
    );
  withRows(command, bulk, mkt, sentence, {
    needs: ["webhook"],
    except: ["missing", "since", "provider"],
    instead: ({ from }) => {
      const { missing, since, provider } = command.opts();
      if (from !== undefined) return undefined;
      const [text] = command.args;
      if ((text === undefined) === (missing === undefined)) {
        throw new MktError("usage", "say which webhook, or --missing");
      }
      if (text !== undefined && (since ?? provider) !== undefined) {
        throw new MktError("usage", "--since and --provider go with --missing");
      }
      if (!missing) return undefined;
      refuseRowOptions(command, "does not go with --missing");
      return () => resendAll({ since, provider }, mkt);
    },
  });
}

async function resendAll(
  filter: Pick<Parameters<typeof resendMissing>[0], "since" | "provider">,
  mkt: Context,
): Promise<void> {
  const actor = await mkt.actor("webhook resend");
  const wanted = { actor, stopping: mkt.stopping(), ...filter };
  mkt.print(
    await resendMissing(wanted, mkt.deps()),
    ({ resent: { payments, shipping } }) =>
      `Asked for ${payments} ${payments === 1 ? "event" : "events"} of payments and ${shipping} of shipping again`,
  );
}

function sentence({ eventId, provider, state, reason }: Resent): string {
  const asked = `Asked ${provider} for event ${eventId} again`;
  if (state === null) return `${asked}; we never received it`;
  return state === "done"
    ? `${asked}, and acted on it`
    : `${asked}; acting on it failed: ${reason}`;
}
