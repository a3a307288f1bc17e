import type { Deps } from "../../deps.ts";
import { type Actor, requireStaff } from "../../domain/actor.ts";
import { isId } from "../../domain/ids.ts";
import {
  type BoardFrom,
  type BoardPage,
  type BoardRow,
  type BoardSort,
  boardCursor,
  type StateCount,
} from "../../domain/order-board.ts";
import { LIVE_ORDER_STATES, SETTLED_ORDER_STATES, stuckFrom } from "../../domain/stuck.ts";
import { MktError } from "../../errors.ts";
import type { BoardQuery } from "../../stores/aurora/board.ts";
import { kept } from "./kept.ts";

/** A row of the board, and since when it is stuck; null: it is not. */
export interface BoardOrder extends BoardRow {
  stuckSince: string | null;
  /** What `from` names it by. */
  cursor: string;
}

export interface OrderCounts {
  /** Every state, in the order in which an order passes through them. */
  states: StateCount[];
  /** How far the oldest of these figures is behind. */
  behindMs: number;
  /** How many orders are past their SLA or their timer, by state; no more than 1,000 of each are counted. */
  stuck: { state: string; count: number }[];
}

export interface OrderBoardRequest {
  actor: Actor;
  /** Words of which all must hold; see `orderFilter`. Empty: all orders. */
  filter: string;
  sort: BoardSort;
  from: BoardFrom;
  limit: number;
}

export type OrderBoardDeps = Pick<Deps, "board" | "now">;

const COUNTS_KEPT_MS = 500;
const SETTLED_KEPT_MS = 5_000;
const STUCK_KEPT_MS = 1_000;
const STUCK_MAX = 1_000;
const PEOPLE_MAX = 20;
const STATES: readonly string[] = [...LIVE_ORDER_STATES, ...SETTLED_ORDER_STATES];

/** How many orders stand where, and for how long, for staff. */
export async function orderCounts(
  { actor }: { actor: Actor },
  deps: OrderBoardDeps,
): Promise<OrderCounts> {
  requireStaff(actor, "operator", "support");
  const { board } = deps;
  const [live, settled, stuck] = await Promise.all([
    kept(board, "live", COUNTS_KEPT_MS, () => board.liveCounts()),
    kept(board, "settled", SETTLED_KEPT_MS, () => board.settledCounts()),
    stuckOrders(deps),
  ]);
  const counted = [...live.value, ...settled.value];
  const states = STATES.map(
    (state) =>
      counted.find((one) => one.state === state) ?? {
        state,
        count: 0,
        oldestAt: null,
        medianAt: null,
      },
  );
  return {
    states,
    behindMs: Date.now() - Math.min(live.readAtMs, settled.readAtMs),
    stuck: LIVE_ORDER_STATES.map((state) => ({
      state,
      count: stuck.filter((order) => order.state === state).length,
    })).filter(({ count }) => count > 0),
  };
}

/**
 * A page of orders, for staff. The word `stuck` in the filter keeps to those past their SLA or their timer, which come
 * at once, stuck longest first, whatever the sort.
 */
export async function orderBoard(
  { actor, filter, sort, from, limit }: OrderBoardRequest,
  deps: OrderBoardDeps,
): Promise<BoardPage<BoardOrder>> {
  requireStaff(actor, "operator", "support");
  const { isStuck, people, ...wanted } = orderFilter(filter);
  if (isStuck) {
    const all = await stuckOrders(deps);
    const rows = all.filter(
      ({ state, flags, id, buyerEmail, sellerEmail, buyerId, sellerId }) =>
        (wanted.state ?? state) === state &&
        (wanted.flag === undefined || flags.includes(wanted.flag)) &&
        id.startsWith(wanted.idStart ?? "") &&
        people.every((text) =>
          [buyerId, sellerId, buyerEmail, sellerEmail].some((one) => one?.startsWith(text)),
        ),
    );
    return { rows, hasBefore: false, hasAfter: false };
  }
  const query: BoardQuery = { sort, from, limit, ...wanted };
  if (people.length > 0) query.people = await peopleNamed(people, deps);
  const page = await deps.board.orders(query);
  const rows = page.rows.map((row) => boardOrder(row, sort, deps.now()));
  return { ...page, rows };
}

/** What the words of a filter ask for. */
export interface OrderFilterWords {
  isStuck: boolean;
  state?: string;
  flag?: string;
  idStart?: string;
  /** Ids of users, and beginnings of e-mails. */
  people: string[];
}

/**
 * Reads a filter: `stuck`, a state, `flag:chargeback`, hexadecimal digits (the beginning of an order's id), a user's
 * whole id after `user:`, and everything else as the beginning of a buyer's or seller's e-mail.
 */
export function orderFilter(text: string): OrderFilterWords {
  const found: OrderFilterWords = { isStuck: false, people: [] };
  for (const word of text.toLowerCase().split(/\s+/).filter(Boolean)) {
    const [, name = "", value = ""] = /^(state|flag|user):(.*)$/.exec(word) ?? [];
    const state = name === "state" ? value : word;
    if (word === "stuck") found.isStuck = true;
    else if (name === "flag") found.flag = value;
    else if (name === "user") found.people.push(value);
    else if (STATES.includes(state)) found.state = state;
    else if (name === "state") throw unknownState(value);
    else if (/^[0-9a-f][0-9a-f-]*$/.test(word)) found.idStart = word;
    else found.people.push(word);
  }
  return found;
}

function unknownState(state: string): MktError {
  return new MktError("invalid", `an order has no state ${JSON.stringify(state)}`, {
    hint: `states: ${STATES.join(", ")}`,
  });
}

/** The users that all of these words name. */
async function peopleNamed(
  words: readonly string[],
  { board }: Pick<Deps, "board">,
): Promise<string[]> {
  const named = await Promise.all(
    words.map((word) => (isId(word) ? [word] : board.usersBeginning(word, PEOPLE_MAX))),
  );
  const [first = [], ...others] = named;
  return first.filter((id) => others.every((ids) => ids.includes(id)));
}

async function stuckOrders({ board, now }: OrderBoardDeps): Promise<BoardOrder[]> {
  const { value } = await kept(board, "stuck", STUCK_KEPT_MS, async () => {
    const rows = await board.stuck(now(), STUCK_MAX);
    return rows
      .map((row) => boardOrder(row, "oldest", now()))
      .filter(({ stuckSince }) => stuckSince !== null)
      .sort((a, b) => ((a.stuckSince ?? "") < (b.stuckSince ?? "") ? -1 : 1));
  });
  return value;
}

function boardOrder(row: BoardRow, sort: BoardSort, now: string): BoardOrder {
  const from = stuckFrom(row);
  return {
    ...row,
    stuckSince: from !== null && from < now ? from : null,
    cursor: boardCursor(sort, row),
  };
}
