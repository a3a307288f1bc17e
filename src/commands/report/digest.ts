import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { weekDigest } from "../../operations/report-digest.ts";
import { dataFormat, refuseOnTerminal, writePage } from "../data-out.ts";
import { examples } from "../parse.ts";
import { withFormats } from "../special-formats.ts";
import { digestPage } from "./digest-page.ts";

export function registerReportDigest(group: Command, mkt: Context): void {
  withFormats(group.command("digest"), "html")
    .summary("How was the last week, beside the week before?")
    .description(
      "The last whole week as one page to send: sales, payments, delivery, conformity, questions and top categories beside the week before. " +
        "Weeks begin on Monday in the marketplace's time zone.",
    )
    .option("--until <day>", "the last week that had ended when this day began (default: today)")
    .option("--out <file>", "write to this file, which is there only when all is in it")
    .addHelpText(
      "after",
      examples(
        "mkt report digest --out week.html",
        "mkt report digest --until 2026-11-23 --out week.html",
      ),
    )
    .action(async ({ until, out }) => {
      const format = dataFormat(mkt, out) ?? "html";
      if (format !== "html") {
        throw new MktError("usage", "a digest is a page: -o html", {
          hint: `mkt report sales --by week -o ${format} has the figures`,
        });
      }
      refuseOnTerminal(format, out, mkt);
      const actor = await mkt.actor("report digest");
      const digest = await weekDigest({ actor, until, signal: mkt.stopping() }, mkt.deps());
      await writePage(digestPage(digest), out, mkt);
    });
}
