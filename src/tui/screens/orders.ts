import { formatMinor } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import { explainOrder, type OrderOutlook } from "../../operations/explain-order.ts";
import { listOrders } from "../../operations/list-sales.ts";
import { type OrderStory, showOrder } from "../../operations/show-order.ts";
import type { Page, Screen } from "../screen.ts";

interface OrdersData {
  page: Page<Order>;
}

interface OrderDetail {
  story: OrderStory;
  outlook: OrderOutlook;
}

export const ORDERS: Screen<OrdersData, Order, OrderDetail> = {
  name: "orders",
  title: "Orders",
  description: "Every order, those that are stuck first in sight",
  filterHint: "a state",
  load: async (_want, { deps, actor }) => {
    const { items } = await listOrders({ actor, limit: 200 }, deps);
    return { page: { rows: items, hasBefore: false, hasAfter: false, total: null } };
  },
  summary: () => [],
  list: {
    page: ({ page }) => page,
    idOf: ({ id }) => id,
    nothing: "there are no orders yet",
    columns: [
      { title: "ORDER", width: 8, value: ({ id }) => id.slice(-8) },
      { title: "STATE", width: 14, value: ({ state }) => state.replaceAll("_", " ") },
      {
        title: "TOTAL",
        width: "rest",
        align: "right",
        value: ({ totalMinor, currency }) => formatMinor(totalMinor, currency),
      },
    ],
  },
  detail: {
    subject: ({ id }) => id,
    load: async (order, { deps, actor }) => ({
      story: await showOrder({ actor, order }, deps),
      outlook: await explainOrder({ actor, order }, deps),
    }),
    lines: ({ story }) => [[story.id]],
    actions: () => [],
  },
  snapshot: ({ page }) => page,
};
