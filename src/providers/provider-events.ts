import * as z from "zod";
import type { ProviderCall } from "./provider-call.ts";
import { type EventListing, type ProviderEvent, providerEventSchema } from "./webhook-event.ts";

const listed = z.object({ items: z.array(providerEventSchema) });

/** The calls that read and resend a provider's events, which are the same for every provider. */
export const eventCalls = (call: ProviderCall) => ({
  async listEvents({ since, limit, after }: EventListing): Promise<ProviderEvent[]> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (since !== undefined) query.set("since", since);
    if (after !== undefined) query.set("after", after);
    const { items } = await call({ method: "GET", path: `/events?${query}` }, listed);
    return items;
  },

  resendEvent: (id: string): Promise<ProviderEvent> => {
    const path = `/events/${encodeURIComponent(id)}/resend`;
    return call({ method: "POST", path }, providerEventSchema);
  },
});
