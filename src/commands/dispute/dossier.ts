import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { disputeDossier } from "../../operations/dispute-dossier.ts";
import { dataFormat, refuseOnTerminal, writePage } from "../data-out.ts";
import { examples } from "../parse.ts";
import { withFormats } from "../special-formats.ts";
import { dossierPage } from "./dossier-page.ts";

export function registerDisputeDossier(dispute: Command, mkt: Context): void {
  withFormats(dispute.command("dossier"), "html")
    .description(
      "Gather what a decision needs into one page: each publication as it stood when it was bought, its pictures with their " +
        "SHA-256, questions and answers, payments, tracking, reviews and every state. It names people. For support staff.",
    )
    .argument("<order>", "its id or the dispute's, or the beginning of one")
    .option("--out <file>", "write to this file, which is there only when all is in it")
    .addHelpText("after", examples("mkt dispute dossier 0199c4f8 --out dossier.html"))
    .action(async (text, { out }) => {
      const format = dataFormat(mkt, out) ?? "html";
      if (format !== "html") {
        throw new MktError("usage", "a dossier is a page: -o html", {
          hint: `mkt order show ${text} -o json and mkt dispute show ${text} -o json have what is in it`,
        });
      }
      refuseOnTerminal(format, out, mkt);
      const actor = await mkt.actor("dispute dossier");
      const dossier = await disputeDossier({ actor, dispute: text }, mkt.deps());
      for (const gap of dossier.gaps) mkt.notice(gap);
      await writePage(dossierPage(dossier), out, mkt);
    });
}
