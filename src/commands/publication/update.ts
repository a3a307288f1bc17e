import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor, parseMoney } from "../../domain/money.ts";
import { MktError } from "../../errors.ts";
import { type Edit, updatePublication } from "../../operations/change-publication.ts";
import { currencyOf } from "../../operations/show-publication.ts";
import { collect, examples, positiveInteger, readImages, wholeNumber } from "../parse.ts";

export function registerPublicationUpdate(publication: Command, mkt: Context): void {
  publication
    .command("update")
    .description(
      "Change a publication. Each change counts a version; --if-version refuses it when somebody else changed it.",
    )
    .argument("<publication>", "id, or the beginning of one")
    .option("--title <title>")
    .option("--description <text>")
    .option("--keywords <words>")
    .option("--price <amount>", "in the publication's currency")
    .option("--stock <n>", "what is there now", wholeNumber)
    .option("--add-stock <n>", "what came in; below zero: what went", wholeNumber)
    .option("--category <name>", "the categories from now on; may be repeated", collect)
    .option("--image <file>", "the images from now on; may be repeated", collect)
    .option("--create-categories", "make categories that do not exist")
    .option("--if-version <n>", "only if this is still its version", positiveInteger)
    .addHelpText(
      "after",
      examples(
        "mkt publication update 0199c4e2 --price 19.90 --if-version 1",
        "mkt publication update 0199c4e2 --add-stock 10",
      ),
    )
    .action(async (text, options) => {
      const { stock, addStock, price } = options;
      if (stock !== undefined && addStock !== undefined)
        throw new MktError("usage", "--stock and --add-stock exclude each other");
      const actor = await mkt.actor("publication update");
      const edit: Edit = {
        title: options.title,
        description: options.description,
        keywords: options.keywords,
        priceMinor:
          price === undefined ? undefined : parseMoney(price, await currencyOf(text, mkt.deps())),
        stock:
          stock === undefined
            ? addStock === undefined
              ? undefined
              : { add: addStock }
            : { set: stock },
        categories: options.category,
        images: options.image && (await readImages(options.image)),
      };
      const ifVersion = options.ifVersion ?? null;
      const createCategories = options.createCategories === true;
      const page = await updatePublication(
        { actor, publication: text, edit, ifVersion, createCategories },
        mkt.deps(),
      );
      mkt.print(page, ({ id, version, priceMinor, currency }) => {
        return `Changed publication ${id}: version ${version}, ${formatMinor(priceMinor, currency)}, ${page.availability.replace("_", " ")}`;
      });
    });
}
