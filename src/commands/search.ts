import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { currencyCode, parseMoney } from "../domain/money.ts";
import { searchAs } from "../operations/search-as.ts";
import { withColumns } from "./columns.ts";
import { examples, limit } from "./parse.ts";
import { cardColumns, printCards } from "./publication/cards.ts";

export function registerSearch(program: Command, mkt: Context): void {
  withColumns(program.command("search"), cardColumns)
    .summary("find publications")
    .description(
      "Find publications by words. Documents with more of the words come first. Needs no login.",
    )
    .argument("[words...]", "what to look for")
    .option("--category <name>", "only in this category")
    .option("--seller <user>", "only this seller's: e-mail or id")
    .option("--min-price <amount>", "only from this price on")
    .option("--max-price <amount>", "only up to this price")
    .option("--currency <code>", "only in this currency (default for prices: the profile's)")
    .addOption(
      new Option("--sort <order>")
        .choices(["relevance", "price", "newest"] as const)
        .default("relevance" as const),
    )
    .option("--limit <n>", "at most so many", limit, 20)
    .option("--page-token <token>", "go on after a page")
    .addHelpText(
      "after",
      examples(
        'mkt search "corner sofa bed"',
        "mkt search lamp --max-price 30 --sort price",
        "mkt search --category Lighting --sort newest",
      ),
    )
    .action(async (words, { minPrice, maxPrice, currency, ...options }) => {
      const code = currency ? currencyCode(currency) : mkt.deps().profile.currency;
      const price = (text: string | undefined) =>
        text === undefined ? undefined : parseMoney(text, code);
      const result = await searchAs(
        {
          ...options,
          words: words.join(" "),
          viewerId: await mkt.viewerId(),
          currency: currency || minPrice || maxPrice ? code : undefined,
          minPriceMinor: price(minPrice),
          maxPriceMinor: price(maxPrice),
        },
        mkt.deps(),
      );
      await printCards(result, cardColumns, mkt);
      if (!result.complete) mkt.notice("these are the best of many: more words narrow it down");
    });
}
