import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { newId } from "../domain/ids.ts";
import { formatMinor } from "../domain/money.ts";
import type { Purchase } from "../domain/order.ts";
import { buy } from "../operations/buy.ts";
import { examples, wanted } from "./parse.ts";

export function registerBuy(program: Command, mkt: Context): void {
  program
    .command("buy")
    .summary("buy publications")
    .description(
      "Take the stock and make one order a seller; pay comes after. The same --key is the same purchase.",
    )
    .argument("<publications...>", "PUBLICATION[:QUANTITY]")
    .option("--key <key>", "idempotency key (default: a new one, printed on stderr)")
    .option("--ship-to <address>", "where to (default: the buyer's address)")
    .addHelpText(
      "after",
      examples(
        "mkt buy 0199c4e2:2 --as beto@example.com",
        'mkt buy 0199c4e2 0199c4e9:3 --key cart-77 --ship-to "Mitre 55, Rosario"',
      ),
    )
    .action(async (publications, { key, shipTo }) => {
      const lines = publications.map(wanted);
      const actor = await mkt.actor("buy");
      const made = key ?? newId();
      if (key === undefined)
        mkt.notice(`key ${made}: repeat the purchase with --key, should the answer get lost`);
      const purchase = await buy(
        { actor, key: made, wanted: lines, shipTo: shipTo ?? null },
        mkt.deps(),
      );
      mkt.print(purchase, human);
    });
}

function human({ id, orders }: Purchase): string {
  const lines = orders.map(({ id: orderId, state, totalMinor, currency }) => {
    return `  order ${orderId} ${state} ${formatMinor(totalMinor, currency)}`;
  });
  return [`Bought (purchase ${id})`, ...lines].join("\n");
}
