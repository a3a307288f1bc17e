import { sql } from "kysely";
import { findTransition, TRANSITIONS } from "../../src/domain/transitions.ts";
import type { Aurora } from "../../src/stores/aurora/client.ts";

/** The laws of a sale, asked of the rows of some sellers. Each gives what breaks it; nothing when it holds. */
export async function brokenLaws(db: Aurora, sellerIds: readonly string[]): Promise<string[]> {
  const laws: ReturnType<typeof sql>[] = [];
  const ask = (law: string, query: ReturnType<typeof sql>) => {
    laws.push(sql`select ${law}::text as law, broken.what from (${query}) as broken`);
  };
  const sellers = sql.join(sellerIds.map((id) => sql`${id}::uuid`));
  const payments = sql`payment p join "order" o on o.id = p.order_id and o.seller_id in (${sellers})`;
  const granted = sql`coalesce((select sum(r.amount_minor) from refund r where r.payment_id = p.id), 0)`;
  const captured = sql`p.state in ('approved', 'partially_refunded', 'refunded', 'in_mediation')`;

  ask(
    "stock is the sum of its movements, and not below zero",
    sql`select p.id || ' has ' || p.stock as what from publication p where p.seller_id in (${sellers})
      and (p.stock < 0 or p.stock <> (select sum(m.delta) from stock_movement m where m.publication_id = p.id))`,
  );
  ask(
    "every posting sums to zero",
    sql`select posting_id::text as what from ledger_entry where seller_id in (${sellers})
      group by posting_id having sum(amount_minor) <> 0`,
  );
  ask(
    "no more is refunded than was captured",
    sql`select p.id::text as what from ${payments} where ${granted} > p.amount_minor
      or (${granted} > 0 and not (${captured} or p.state = 'charged_back'))`,
  );
  ask(
    "an order that is over holds no money",
    sql`select o.id || ' ' || o.state || ', payment ' || p.id || ' ' || p.state as what from ${payments}
      where (o.state in ('reserved', 'expired', 'cancelled', 'refunded') or p.late)
      and ${captured} and ${granted} <> p.amount_minor`,
  );
  ask(
    "an order that goes on holds its whole money, less what was granted",
    sql`select o.id || ' ' || o.state as what from "order" o where o.seller_id in (${sellers})
      and o.state in ('paid', 'shipped', 'delivered', 'not_delivered', 'disputed', 'completed')
      and 1 <> (select count(*) from payment p where p.order_id = o.id and not p.late
        and p.amount_minor = o.total_minor
        and (p.state = 'charged_back' or (${captured} and ${granted} < p.amount_minor)))`,
  );
  ask(
    "cash is what was captured, less what was given and taken back",
    sql`select p.id || ' ' || p.state as what from ${payments}
      where coalesce((select sum(amount_minor) from ledger_entry l where l.payment_id = p.id and account = 'cash'), 0)
      <> case when ${captured} then p.amount_minor
          - coalesce((select sum(r.amount_minor) from refund r where r.payment_id = p.id and r.state = 'succeeded'), 0)
        else 0 end`,
  );
  ask(
    "what is paid has a shipment",
    sql`select o.id::text as what from "order" o where o.seller_id in (${sellers})
      and o.state in ('paid', 'shipped', 'delivered', 'not_delivered', 'completed', 'disputed')
      and not exists (select from shipment s where s.order_id = o.id)`,
  );
  ask(
    "nothing is reviewed before it is delivered",
    sql`select v.id::text as what from review v join "order" o on o.id = v.order_id
      where o.seller_id in (${sellers}) and (o.delivered_at is null or v.created_at < o.delivered_at)`,
  );
  ask(
    "an order is disputed exactly while its dispute is open",
    sql`select o.id || ' ' || o.state as what from "order" o where o.seller_id in (${sellers})
      and (o.state = 'disputed') <> exists (select from dispute d where d.order_id = o.id and d.state = 'open')`,
  );
  ask(
    "an order that gave its stock back took it only once, and one that goes on still has it",
    sql`select o.id || ' ' || o.state as what from "order" o where o.seller_id in (${sellers})
      and (select coalesce(sum(m.delta), 0) from stock_movement m join order_line l on l.id = m.order_line_id
        where l.order_id = o.id and m.reason in ('reserved', 'released'))
      <> case when o.state in ('cancelled', 'expired') then 0
        else -(select sum(quantity) from order_line l where l.order_id = o.id) end`,
  );
  ask(
    "no timer acts before its time",
    sql`select o.id || ' ' || t.event || ' at ' || t.at as what from transition t
      join "order" o on o.id = t.subject_id and o.seller_id in (${sellers})
      where t.actor = 'timer' and case t.event
        when 'expire' then t.at < o.reserved_until
        when 'miss_dispatch' then t.at < o.paid_at + interval '7 days'
        when 'complete' then t.at < o.delivered_at + interval '14 days'
        when 'fail_delivery' then o.state = 'not_delivered' and o.shipped_at < t.at
          and t.at < coalesce(o.estimated_delivery_at, o.shipped_at) + interval '21 days'
        else false end`,
  );
  // All in one statement: they are asked after every step.
  const all = sql<{ law: string; what: string }>`${sql.join(laws, sql` union all `)}`;
  const { rows } = await all.execute(db);
  const broken = rows.map(({ law, what }) => `${law}: ${what}`);
  return [...broken, ...(await illegalHistories(db, sellers))];
}

/** Things whose history is no way through the table, or does not lead to where they stand. */
async function illegalHistories(db: Aurora, sellers: ReturnType<typeof sql>): Promise<string[]> {
  const { rows } = await sql<{
    machine: "order" | "payment" | "refund" | "shipment" | "dispute";
    id: string;
    state: string;
    steps: { event: string; from: string | null; to: string }[] | null;
  }>`with thing as (
      select 'order' as machine, id, state from "order" where seller_id in (${sellers})
      union all select 'payment', p.id, p.state from payment p join "order" o on o.id = p.order_id
        where o.seller_id in (${sellers})
      union all select 'refund', r.id, r.state from refund r join payment p on p.id = r.payment_id
        join "order" o on o.id = p.order_id where o.seller_id in (${sellers})
      union all select 'shipment', s.id, s.state from shipment s join "order" o on o.id = s.order_id
        where o.seller_id in (${sellers})
      union all select 'dispute', d.id, d.state from dispute d join "order" o on o.id = d.order_id
        where o.seller_id in (${sellers}))
    select thing.*, (select jsonb_agg(jsonb_build_object('event', event, 'from', from_state, 'to', to_state)
      order by t.id) from transition t where t.subject_id = thing.id) as steps from thing`.execute(
    db,
  );
  return rows.flatMap(({ machine, id, state, steps }) => {
    let at: string | null = null;
    for (const { event, from, to } of steps ?? []) {
      if (from !== at || findTransition(machine, from, event)?.to !== to) {
        return [`${machine} ${id} went from ${from} by ${event} to ${to}, being ${at}`];
      }
      at = to;
    }
    return at === state ? [] : [`${machine} ${id} is ${state}, its history ends in ${at}`];
  });
}

/** Where an order may be led by providers and timers alone, itself included. */
export function reachableAlone(state: string): Set<string> {
  const seen = new Set([state]);
  for (const from of seen) {
    for (const row of TRANSITIONS) {
      if (row.machine !== "order" || row.from !== from) continue;
      if (row.actors.includes("provider") || row.actors.includes("timer")) seen.add(row.to);
    }
  }
  return seen;
}
