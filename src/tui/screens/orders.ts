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
import { cell, fitted, type Line, tone } from "../lines.ts";
import { counted } from "../marks.ts";
import type { Page, Screen, View, Want } from "../screen.ts";
import { ORDER_DETAIL, type OrderDetail } from "./order-detail.ts";
import { stateTone, stuckText, words } from "./order-words.ts";

interface OrdersData {
  counts: OrderCounts;
  page: Page<BoardOrder>;
}

const EVERYTHING = "all";
const SHOWN = [EVERYTHING, "stuck", ...LIVE_ORDER_STATES, ...SETTLED_ORDER_STATES];
/** A state with its figures takes so many columns; with so many it can say what they are. */
const CELL = 39;
const WIDE_CELL = 49;
/** So many states stand beside each other, where each can say what its figures are. */
const BESIDE = [6, 3];
const STUCK_MOST = 1_000;
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
        from: 58,
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
  const live = states.filter(({ state }) => LIVE.includes(state));
  const beside = BESIDE.find((count) => Math.floor((columns - 1) / count) >= WIDE_CELL) ?? 2;
  const room = Math.min(WIDE_CELL, Math.floor((columns - 1) / beside));
  const cells = live.map((one): Line => {
    const late = stuck.find(({ state }) => state === one.state)?.count ?? 0;
    return fitted(
      [
        tone(cell(words(one.state), 14), stateTone(one.state)),
        tone(cell(counted(one.count), 7, "right"), "bold"),
        ...ageCell(one.oldestAt && age(one.oldestAt, now), room),
        late > 0 ? tone(` ${stuckCount(late, room)}`, "red", "bold") : "",
      ],
      room,
    );
  });
  const rows = Array.from({ length: Math.ceil(cells.length / beside) }, (_, row): Line => {
    return [" ", ...cells.slice(row * beside, (row + 1) * beside).flat()];
  });
  const settled = states.filter(({ state }) => !LIVE.includes(state));
  const others = settled.map(({ state, count }) => `${words(state)} ${counted(count)}`);
  return [...rows, [" ", tone(others.join("   "), "dim")]];
}

/** The age of the oldest, with the word for it where there is room. */
function ageCell(oldest: string | null, room: number): Line {
  if (room < CELL) return [];
  if (room < WIDE_CELL) return [` ${cell(oldest ?? "", 4, "right")}`];
  return [` ${cell(oldest === null ? "" : `oldest ${oldest}`, 12)}`];
}

/** No more than so many are counted. */
function stuckCount(count: number, room: number): string {
  if (count >= STUCK_MOST) return `! ${STUCK_MOST}+`;
  return room < CELL ? `! ${count}` : `! ${count} stuck`;
}
