import type pg from "pg";
import type { Profile } from "../../config.ts";
import { connectAlone, query } from "./client.ts";
import { auroraError } from "./errors.ts";

// The files of an import are joined in temporary tables of one session: they may be larger than memory, and
// are gone with the session whatever becomes of the process. Times are milliseconds since 1970 and money is in
// minor units, both as float8, which holds them exactly.

/** An order as its row says it. */
export interface StagedOrder {
  line: number;
  id: string;
  buyer: string | null;
  status: string | null;
  placed: number;
  paid: number | null;
  shipped: number | null;
  delivered: number | null;
  estimated: number | null;
  flags: string[];
  /** Of what the row says: rows that say the same have the same. */
  digest: string;
}

export interface StagedLine {
  line: number;
  orderId: string;
  id: string | null;
  product: string;
  seller: string;
  quantity: number;
  price: number;
  shipping: number;
  digest: string;
}

export type PersonKind = "buyer" | "seller";

export interface StagedPerson {
  line: number;
  kind: PersonKind;
  key: string;
  id: string | null;
  name: string | null;
  email: string | null;
  address: string | null;
  region: string | null;
  digest: string;
}

export interface StagedProduct {
  line: number;
  key: string;
  title: string | null;
  description: string | null;
  keywords: string | null;
  categories: string[];
  /** The categories' names in the form in which they are compared. */
  folded: string[];
  digest: string;
}

/** A row that cannot be imported: `place` counts the tables of a mapping from 0. */
export interface StagedReject {
  place: number;
  line: number;
  reason: string;
  /** Of a rejected order or line: the order. */
  orderId: string | null;
}

export interface StagedRows {
  order: StagedOrder;
  line: StagedLine;
  person: StagedPerson;
  product: StagedProduct;
  reject: StagedReject;
}

export interface JoinOptions {
  has: { buyers: boolean; sellers: boolean; products: boolean };
  /** Rows that name what no file describes are rejected. */
  rejects: { buyer: boolean; seller: boolean; product: boolean };
  /** The places of the tables, for rejects. */
  places: { orders: number; lines: number; buyers: number; sellers: number; products: number };
}

export interface JoinedCounts {
  purchases: number;
  /** Rows that say again what another one said. */
  merged: number;
  publications: number;
  buyers: number;
  sellers: number;
  categories: number;
  /** Products that nobody bought: without a seller and a price they are not imported. */
  unsoldProducts: number;
}

/** An order of the source, in the order of time; `seq` counts from 1. */
export interface SourcePurchase extends Omit<StagedOrder, "buyer" | "digest"> {
  seq: number;
  buyerId: string;
  address: string | null;
  region: string | null;
  unknownBuyer: boolean;
  lineRejected: boolean;
}

export interface SourceLine extends Omit<StagedLine, "orderId" | "digest"> {
  seq: number;
  unknownProduct: boolean;
  unknownSeller: boolean;
}

/** `firstSeq`: of the first purchase that needs it; null when none does. `since`: its time. */
export interface SourcePerson {
  kind: PersonKind;
  id: string;
  since: number;
  firstSeq: number | null;
  name: string | null;
  email: string | null;
  address: string | null;
  region: string | null;
}

export interface SourcePublication {
  product: string;
  seller: string;
  since: number;
  firstSeq: number;
  /** How many the files sold. */
  units: number;
  /** Of its latest line. */
  price: number;
  title: string | null;
  description: string | null;
  keywords: string | null;
  folded: string[];
}

export interface SourceCategory {
  folded: string;
  name: string;
  since: number;
  firstSeq: number;
}

export interface ImportStaging {
  add<T extends keyof StagedRows>(table: T, rows: readonly StagedRows[T][]): Promise<void>;
  /** After the last row: finds doubles and rows that belong to nothing, and puts the rest in order. */
  join(options: JoinOptions): Promise<JoinedCounts>;
  /** So many purchases after one of them, fewer where they have very many lines. */
  purchases(after: number, limit: number): Promise<SourcePurchase[]>;
  /** The lines of purchases from one up to another. */
  lines(from: number, to: number): Promise<SourceLine[]>;
  people(kind: PersonKind, ids: readonly string[]): Promise<SourcePerson[]>;
  publications(
    pairs: readonly Pick<SourcePublication, "product" | "seller">[],
  ): Promise<SourcePublication[]>;
  categories(folded: readonly string[]): Promise<SourceCategory[]>;
  /** People whom no purchase needs, after one of them. */
  idlePeople(kind: PersonKind, after: string, limit: number): Promise<SourcePerson[]>;
  /** By table and line, after one of them. */
  rejects(after: Pick<StagedReject, "place" | "line">, limit: number): Promise<StagedReject[]>;
  close(): Promise<void>;
}

/** An order may have so many lines: each of its events tells all of them, in memory too. */
const LINES_LIMIT = 1_000;
/** More than purchases have as a rule. */
const LINES_PER_PURCHASE = 10;

export async function openImportStaging(profile: Profile): Promise<ImportStaging> {
  const client = await query(() => connectAlone(profile));
  const ask = async <T extends pg.QueryResultRow>(text: string, values: unknown[] = []) => {
    try {
      return (await client.query<T>(text, values)).rows;
    } catch (error) {
      throw auroraError(error);
    }
  };
  await ask(TABLES);

  return {
    add: async (table, rows) => {
      if (rows.length === 0) return;
      await ask(
        `insert into staged_${table} select * from json_populate_recordset(null::pg_temp.staged_${table}, $1)`,
        [JSON.stringify(rows)],
      );
    },
    join: async (options) => {
      await ask(joinStatements(options));
      const [counts] = await ask<JoinedCounts & pg.QueryResultRow>(COUNTS);
      if (!counts) throw new RangeError("counting gave nothing");
      return counts;
    },
    purchases: (after, limit) =>
      ask<SourcePurchase & pg.QueryResultRow>(
        `select seq, line, id, status, placed, paid, shipped, delivered, estimated, flags, "buyerId", address, region,
          "unknownBuyer", "lineRejected"
        from purchase_in
        where seq > $1 and "linesBefore" < $3 + (select "linesBefore" from purchase_in where seq = $1 + 1)
        order by seq limit $2`,
        [after, limit, limit * LINES_PER_PURCHASE],
      ),
    lines: (from, to) =>
      ask<SourceLine & pg.QueryResultRow>(
        `select p.seq, l.line, l.id, l.product, l.seller, l.quantity, l.price, l.shipping,
          l."unknownProduct", l."unknownSeller"
        from purchase_in p join line_in l on l."orderId" = p.id
        where p.seq between $1 and $2 order by p.seq, l.line`,
        [from, to],
      ),
    people: (kind, ids) =>
      ask<SourcePerson & pg.QueryResultRow>(
        `select * from person_in where kind = $1 and id = any($2::text[]) order by "firstSeq", id collate "C"`,
        [kind, ids],
      ),
    publications: (pairs) =>
      ask<SourcePublication & pg.QueryResultRow>(
        `select p.*, t.title, t.description, t.keywords, coalesce(t.folded, '{}') as folded
        from unnest($1::text[], $2::text[]) as wanted (product, seller)
        join publication_in p on p.product = wanted.product and p.seller = wanted.seller
        left join product_in t on t.key = p.product
        order by p."firstSeq", p.product collate "C", p.seller collate "C"`,
        [pairs.map(({ product }) => product), pairs.map(({ seller }) => seller)],
      ),
    categories: (folded) =>
      ask<SourceCategory & pg.QueryResultRow>(
        `select * from category_in where folded = any($1::text[]) order by "firstSeq", folded collate "C"`,
        [folded],
      ),
    idlePeople: (kind, after, limit) =>
      ask<SourcePerson & pg.QueryResultRow>(
        `select * from person_in
        where "firstSeq" is null and kind = $1 and id collate "C" > $2 order by id collate "C" limit $3`,
        [kind, after, limit],
      ),
    rejects: ({ place, line }, limit) =>
      ask<StagedReject & pg.QueryResultRow>(
        "select * from staged_reject where (place, line) > ($1, $2) order by place, line limit $3",
        [place, line, limit],
      ),
    close: () => client.end(),
  };
}

const TABLES = `
  create temp table staged_order (line int, id text, buyer text, status text, placed float8, paid float8,
    shipped float8, delivered float8, estimated float8, flags text[], digest text);
  create temp table staged_line (line int, "orderId" text, id text, product text, seller text, quantity int,
    price float8, shipping float8, digest text);
  create temp table staged_person (line int, kind text, key text, id text, name text, email text, address text,
    region text, digest text);
  create temp table staged_product (line int, key text, title text, description text, keywords text,
    categories text[], folded text[], digest text);
  create temp table staged_reject (place int, line int, reason text, "orderId" text)`;

/** A text as part of a reason: not longer than a sentence bears. */
const shown = (text: string) => `left(${text}, 60)`;

const REASON = {
  double: (what: string) =>
    `format('%s %s stands on line %s already, with other values', ${what}, ${shown("s.called")}, s.first)`,
  orphan: `format('its order %s is not among the orders', ${shown('l."orderId"')})`,
  lost: `format('its order %s was rejected', ${shown('l."orderId"')})`,
  surplus: `format('its order %s has more than ${LINES_LIMIT} lines', ${shown('"orderId"')})`,
  unknown: (what: string, name: string) =>
    `format('no file describes its ${what} %s', ${shown(name)})`,
};

/** First rows win; later ones that say the same are merged, others rejected. */
const withoutDoubles = (
  source: string,
  target: string,
  {
    key,
    name,
    what,
    place,
    orderId = "null",
  }: Record<"key" | "name" | "what", string> & {
    place: number | string;
    orderId?: string;
  },
) => `
  create temp table ${target} as select distinct on (${key}) * from ${source} s order by ${key}, line;
  insert into staged_reject
    select ${place}, s.line, ${REASON.double(what)}, ${orderId}
    from (
      select *, ${name} as called,
        first_value(line) over each as first, first_value(digest) over each as "firstDigest"
      from ${source} window each as (partition by ${key} order by line)
    ) s
    where s.line <> s.first and s.digest <> s."firstDigest";`;

function joinStatements({ has, rejects, places }: JoinOptions): string {
  // A line without an id of its own is no other's double.
  const lineKey = `"orderId", coalesce('=' || id, '#' || line)`;
  return `
  ${withoutDoubles("staged_order", "order_in", { key: "id", name: "id", what: "'order'", place: places.orders })}
  ${withoutDoubles("staged_product", "product_in", { key: "key", name: "key", what: "'product'", place: places.products })}
  ${withoutDoubles("staged_person", "described_person", {
    key: "kind, key",
    name: "key",
    what: "s.kind",
    place: `case kind when 'buyer' then ${places.buyers} else ${places.sellers} end`,
  })}
  ${withoutDoubles("staged_line", "first_line", {
    key: lineKey,
    name: "id",
    what: "'item'",
    place: places.lines,
    orderId: 's."orderId"',
  })}
  create index on order_in (id);
  create index on product_in (key);
  create index on described_person (kind, key);
  create index on described_person (kind, id);
  analyze order_in, product_in, described_person, first_line;

  create temp table known_order as
    select o.*, coalesce(b.id, o.buyer, 'order:' || o.id) as "buyerId", b.name, b.email, b.address, b.region,
      ${has.buyers ? "b.id is null" : "o.buyer is null"} as "unknownBuyer"
    from order_in o left join described_person b on b.kind = 'buyer' and b.key = o.buyer;
  ${
    rejects.buyer
      ? `
  insert into staged_reject
    select ${places.orders}, line, ${REASON.unknown("buyer", `coalesce(buyer, '')`)}, id
    from known_order where "unknownBuyer";
  delete from known_order where "unknownBuyer";`
      : ""
  }
  create index on known_order (id);
  analyze known_order;

  create temp table line_in as
    select l.line, l."orderId", l.id, l.product, l.seller, l.quantity, l.price, l.shipping, l."unknownProduct",
      l."unknownSeller"
    from (
      select l.line, l."orderId", l.id, l.product, coalesce(s.id, l.seller) as seller, l.quantity, l.price, l.shipping,
        ${has.products ? "t.key is null" : "l.product = 'unknown'"} as "unknownProduct",
        ${has.sellers ? "s.id is null" : "l.seller = 'unknown'"} as "unknownSeller"
      from first_line l
      left join product_in t on t.key = l.product
      left join described_person s on s.kind = 'seller' and s.key = l.seller
    ) l
    where exists (select from known_order o where o.id = l."orderId");
  insert into staged_reject
    select ${places.lines}, l.line,
      case when exists (select from staged_reject r where r.place = ${places.orders} and r."orderId" = l."orderId")
        then ${REASON.lost} else ${REASON.orphan} end, l."orderId"
    from first_line l where not exists (select from known_order o where o.id = l."orderId");
  ${(["product", "seller"] as const)
    .filter((what) => rejects[what])
    .map((what) => {
      const unknown = what === "product" ? '"unknownProduct"' : '"unknownSeller"';
      return `
  insert into staged_reject
    select ${places.lines}, line, ${REASON.unknown(what, what)}, "orderId" from line_in where ${unknown};
  delete from line_in where ${unknown};`;
    })
    .join("")}
  with surplus as (
    delete from line_in l
    using (select line, row_number() over (partition by "orderId" order by line) as number from line_in) n
    where n.line = l.line and n.number > ${LINES_LIMIT}
    returning l.line, l."orderId"
  )
  insert into staged_reject
    select ${places.lines}, line, ${REASON.surplus}, "orderId" from surplus;
  create index on line_in ("orderId");
  create index on staged_reject (place, line);
  create index on staged_reject ("orderId");
  analyze line_in, staged_reject;

  create temp table purchase_in as
    select (row_number() over (order by placed, id collate "C"))::int as seq, o.line, o.id, o.status, o.placed,
      o.paid, o.shipped, o.delivered, o.estimated, o.flags, o."buyerId", o.address, o.region, o."unknownBuyer",
      exists (select from staged_reject r where r.place = ${places.lines} and r."orderId" = o.id) as "lineRejected",
      coalesce(sum(l.lines) over (order by placed, id collate "C" rows between unbounded preceding and 1 preceding), 0)
        as "linesBefore"
    from known_order o left join (select "orderId", count(*) as lines from line_in group by 1) l on l."orderId" = o.id;
  create unique index on purchase_in (seq);
  create index on purchase_in (id);
  analyze purchase_in;

  create temp table sale as
    select p.seq, p.placed, l.line, l.product, l.seller, l.quantity, l.price
    from line_in l join purchase_in p on p.id = l."orderId";
  analyze sale;
  create temp table publication_in as
    select product, seller, min(placed) as since, min(seq) as "firstSeq", sum(quantity)::float8 as units,
      (array_agg(price order by seq desc, line desc))[1] as price
    from sale group by product, seller;
  create index on publication_in (product, seller);

  create temp table person_in as
    select 'buyer' as kind, p."buyerId" as id, p.placed as since, p.seq as "firstSeq", o.name, o.email, o.address, o.region
    from (select distinct on ("buyerId") * from purchase_in order by "buyerId", seq) p
    join known_order o on o.id = p.id;
  insert into person_in
    select 'seller', s.seller, s.since, s."firstSeq", d.name, d.email, d.address, d.region
    from (select seller, min(placed) as since, min(seq) as "firstSeq" from sale group by seller) s
    left join lateral (
      select * from described_person d where d.kind = 'seller' and d.id = s.seller order by line limit 1
    ) d on true;
  create index on person_in (kind, id);
  insert into person_in
    select distinct on (d.kind, d.id) d.kind, d.id, (select min(placed) from order_in), null::int, d.name, d.email,
      d.address, d.region
    from described_person d
    where d.id is not null and not exists (select from person_in p where p.kind = d.kind and p.id = d.id)
    order by d.kind, d.id, d.line;
  create index on person_in (kind, id collate "C") where "firstSeq" is null;

  create temp table category_in as
    select distinct on (c.folded) c.folded, c.name, p.since, p."firstSeq"
    from publication_in p join product_in t on t.key = p.product
    cross join lateral unnest(t.categories, t.folded) as c (name, folded)
    order by c.folded, p."firstSeq", p.product collate "C", c.name collate "C";
  create index on category_in (folded);
  analyze publication_in, person_in, category_in`;
}

const COUNTS = `
  select (select count(*) from purchase_in) as purchases,
    (select count(*) from staged_order) - (select count(*) from order_in)
      + (select count(*) from staged_line) - (select count(*) from first_line)
      + (select count(*) from staged_person) - (select count(*) from described_person)
      + (select count(*) from staged_product) - (select count(*) from product_in)
      - (select count(*) from staged_reject where reason like '% already, with other values') as merged,
    (select count(*) from publication_in) as publications,
    (select count(*) from person_in where kind = 'buyer') as buyers,
    (select count(*) from person_in where kind = 'seller') as sellers,
    (select count(*) from category_in) as categories,
    (select count(*) from product_in t where not exists (
      select from publication_in p where p.product = t.key)) as "unsoldProducts"`;
