import { formatMinor } from "../../domain/money.ts";
import { BOARD_SORTS, type BoardSort } from "../../domain/order-board.ts";
import { LIVE_ORDER_STATES, SETTLED_ORDER_STATES } from "../../domain/stuck.ts";
import {
  type BoardOrder,
  type OrderCounts,
  orderBoard,
  orderCounts,
} from "../../operations/board/order-board.ts";
import { age } from "../ages.ts";
import { cell, type Line, tone, widthOf } from "../lines.ts";
import type { Page, Screen, View, Want } from "../screen.ts";
import { ORDER_DETAIL, type OrderDetail } from "./order-detail.ts";
import { stateTone, stuckText, words } from "./order-words.ts";

interface OrdersData {
  counts: OrderCounts;
  page: Page<BoardOrder>;
}

const EVERYTHING = "all";
const SHOWN = [EVERYTHING, "stuck", ...LIVE_ORDER_STATES, ...SETTLED_ORDER_STATES];
/** A state with its figures takes so many columns. */
const CELL = 39;
/** From this width on a list says what is late about a stuck order. */
const STUCK_COLUMNS = 76;
const LIVE: readonly string[] = LIVE_ORDER_STATES;

export const ORDERS: Screen<OrdersData, BoardOrder, OrderDetail> = {
  name: "orders",
  title: "Orders",
  description: "Orders by state, what is stuck, and everything about the selected one",
  filterHint: "a state, stuck, the beginning of an id or of an e-mail, flag:…, user:…",
  choices: [
    { name: "sort", key: "s", description: "sort by", values: BOARD_SORTS },
    { name: "show", key: "f", description: "show only", values: SHOWN },
  ],
  // Counts that are kept a while, and what becomes stuck by time alone: the log tells nothing of either.
  everySeconds: 2,
  load: async (want, { deps, actor }) => {
    const { from, limit } = want.page;
    const filter = filterOf(want);
    const sort = BOARD_SORTS.find((one) => one === want.choices.sort) ?? "newest";
    const [counts, page] = await Promise.all([
      orderCounts({ actor }, deps),
      orderBoard({ actor, filter, sort: sort satisfies BoardSort, from, limit }, deps),
    ]);
    return { counts, page: { ...page, total: totalOf(filter, counts) } };
  },
  summary: ({ counts }, view) => countLines(counts, view),
  list: {
    page: ({ page }) => page,
    idOf: ({ id }) => id,
    cursorOf: ({ cursor }) => cursor,
    nothing: "there are no orders yet: mkt seed makes a world of them",
    columns: [
      { title: "ORDER", width: 13, value: ({ id }) => id.slice(0, 13) },
      {
        title: "STATE",
        width: 13,
        value: ({ state }) => words(state),
        tone: ({ state }) => stateTone(state),
      },
      {
        title: "AGE",
        width: 4,
        align: "right",
        value: ({ changedAt }, { now }) => age(changedAt, now),
      },
      {
        title: "TOTAL",
        width: 16,
        align: "right",
        value: ({ totalMinor, currency }) => formatMinor(totalMinor, currency),
      },
      {
        title: "STUCK",
        width: 22,
        from: STUCK_COLUMNS,
        value: (order, { now }) => stuckText(order, now),
        tone: () => "red",
      },
      // Where there is no room for why: that it is.
      {
        title: "!",
        width: 6,
        from: 55,
        below: STUCK_COLUMNS,
        value: ({ stuckSince }, { now }) => (stuckSince ? `! ${age(stuckSince, now)}` : ""),
        tone: () => "red",
      },
      { title: "BUYER", width: "rest", from: 92, value: ({ buyerEmail }) => buyerEmail },
    ],
  },
  detail: ORDER_DETAIL,
  snapshot: ({ counts, page }) => ({
    states: counts.states,
    stuck: counts.stuck,
    orders: page.rows.map(({ cursor: _, ...order }) => order),
  }),
};

/** What was typed, and what the key for states turned to. */
function filterOf({ filter, choices: { show = EVERYTHING } }: Want): string {
  return show === EVERYTHING ? filter : `${show} ${filter}`.trim();
}

/** How many orders a filter leaves, where the counts by state say it. */
function totalOf(filter: string, { states }: OrderCounts): number | null {
  const wanted = filter === "" ? states : states.filter(({ state }) => state === filter);
  if (wanted.length === 0) return null;
  return wanted.reduce((sum, { count }) => sum + count, 0);
}

/** Live states with the age of the oldest and what is stuck, as many beside each other as fit; then the others. */
function countLines({ states, stuck }: OrderCounts, { columns, now }: View): Line[] {
  const live = states
    .filter(({ state }) => LIVE.includes(state))
    .map(({ state, count, oldestAt }): Line => {
      const late = stuck.find((one) => one.state === state)?.count ?? 0;
      const oldest = oldestAt === null ? "" : `oldest ${age(oldestAt, now)}`;
      return [
        tone(cell(words(state), 14), stateTone(state)),
        tone(cell(count.toLocaleString("en-US"), 7, "right"), "bold"),
        ` ${cell(oldest, 11)}`,
        late > 0 ? tone(`! ${late} stuck`, "red", "bold") : "",
      ];
    });
  const settled = states.filter(({ state }) => !LIVE.includes(state));
  const others = settled.map(
    ({ state, count }) => `${words(state)} ${count.toLocaleString("en-US")}`,
  );
  return [...inColumns(live, columns), [" ", tone(others.join("   "), "dim")]];
}

function inColumns(cells: readonly Line[], columns: number): Line[] {
  const each = Math.max(1, Math.floor((columns - 1) / CELL));
  const lines: Line[] = [];
  for (let at = 0; at < cells.length; at += each) {
    const parts = cells.slice(at, at + each).flatMap((one) => {
      return [...one, " ".repeat(Math.max(0, CELL - widthOf(one)))];
    });
    lines.push([" ", ...parts]);
  }
  return lines;
}
