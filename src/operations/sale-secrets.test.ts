import { sql } from "kysely";
import { expect, test } from "vitest";
import { testDatabase } from "../testing/aurora.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { listPayments, showPayment } from "./list-sales.ts";
import { pay } from "./pay.ts";
import { showOrder } from "./show-order.ts";

const CARD = "tok_approved_1881";

test("nobody is shown a card's token, and no event carries what the canceller typed", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const operator = await market.user("oto", "operator");
  const lamp = await market.publication(seller);
  const wanted = [{ publication: lamp.id, quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key: "k", wanted, shipTo: null }, deps);
  const order = orders[0]?.id ?? "";
  const paid = await pay({ actor: buyer, target: order, card: CARD, waitMs: 5_000 }, deps);
  const payment = paid[0]?.id ?? "";
  expect(paid).toMatchObject([{ state: "approved", cardLastFour: "1881" }]);
  const shown: unknown[] = [paid];
  for (const actor of [buyer, seller, operator]) {
    shown.push(await listPayments({ actor, limit: 10 }, deps));
    shown.push(await showPayment({ actor, payment }, deps));
    shown.push(await showOrder({ actor, order }, deps));
  }
  for (const one of shown) expect(JSON.stringify(one)).not.toContain(CARD);

  const reason = "Carla moved to Corrientes 1234";
  await cancelOrder({ actor: buyer, order, reason }, deps);
  const [refund] = await deps.payments.refundsOf([payment]);
  const events = await deps.events.ofSubject(refund?.id ?? "");
  expect(events.length).toBeGreaterThan(0);
  for (const { data, personal } of events) {
    expect(JSON.stringify(data)).not.toContain("Corrientes");
    expect(personal).toEqual({ reason });
  }
});

test("no role of people reads a card's token or a password's hash, and analysts no typed reasons", async () => {
  await using database = await testDatabase();
  const { rows } = await sql<{ role: string; column: string; readable: boolean }>`
    select role, "column", has_column_privilege(role, "table", "column", 'select') as readable
    from unnest(array['mkt_operator', 'mkt_support', 'mkt_analyst']) as role,
      (values ('public.payment', 'card_token'), ('public.user', 'password_hash'),
        ('public.session', 'token_hash')) as secret ("table", "column")`.execute(database.db);
  expect(rows).toHaveLength(9);
  expect(rows.filter(({ readable }) => readable)).toEqual([]);
  const typed = await sql`select 1 from information_schema.columns
    where table_schema = 'analytics' and table_name = 'refund' and column_name = 'reason'`.execute(
    database.db,
  );
  expect(typed.rows).toEqual([]);
});
