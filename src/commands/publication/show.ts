import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import { withImageLinks } from "../../operations/image-links.ts";
import {
  type ShownPublication,
  showPublication,
  stockOf,
} from "../../operations/show-publication.ts";
import { block } from "../../output/story.ts";
import { examples } from "../parse.ts";

export function registerPublicationShow(publication: Command, mkt: Context): void {
  publication
    .command("show")
    .description("Show a publication's page: text, price, images as links, questions and answers.")
    .argument("<publication>", "id, or the beginning of one")
    .option("--stock", "also how many units are left and were sold: for its seller and staff")
    .addHelpText(
      "after",
      examples("mkt publication show 0199c4e2", "mkt publication show 0199c4e2 --stock"),
    )
    .action(async (text, { stock }) => {
      const counts = stock
        ? await stockOf(
            { actor: await mkt.actor("publication show"), publication: text },
            mkt.deps(),
          )
        : {};
      const viewerId = await mkt.viewerId();
      const page = await showPublication({ publication: text, viewerId }, mkt.deps());
      const [linked = page] = await withImageLinks([page], mkt.deps());
      mkt.print({ ...linked, ...counts }, pageBlock);
    });
}

function pageBlock(page: ShownPublication & { stock?: number; soldUnits?: number }): string {
  const { rating, stock, soldUnits, questions, images } = page;
  const asked = questions.flatMap(({ text, answer }) => [
    ["question", text] as const,
    ["  answer", answer ?? "(not answered yet)"] as const,
  ]);
  return block([
    ["publication", page.id],
    ["title", page.title],
    ["price", formatMinor(page.priceMinor, page.currency)],
    ["stock", page.availability.replace("_", " ")],
    ...(stock === undefined ? [] : [["units", `${stock} left, ${soldUnits} sold`] as const]),
    ["state", `${page.state} (version ${page.version})`],
    ["rating", rating ? `${rating.average.toFixed(1)} of 5 (${rating.count})` : "none yet"],
    ["categories", page.categories.join(", ") || "none"],
    ["seller", page.sellerId],
    ["published", page.publishedAt],
    ...(page.description ? [["description", page.description] as const] : []),
    ...images.map((link) => ["image", link] as const),
    ...asked,
  ]);
}
