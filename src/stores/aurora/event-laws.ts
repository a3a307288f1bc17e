import { sql } from "kysely";
import type { FaultRow, LawQuery, LawSubject } from "./law-query.ts";
import { LAST_POSITION } from "./log.ts";

/** Things whose every revision leaves an event. */
const REVISED = ["publication", "order", "payment", "refund", "shipment", "dispute"] as const;

/** What must hold of the event log and of what providers told. */
export const eventLaws: readonly LawQuery[] = [
  {
    law: "positions-are-dense",
    subject: "position",
    faults: ({ holds, after }) => sql<FaultRow>`
      with placed as (
        select id, position, lag(position, 1, ${after}::bigint) over (order by position) as before
        from event where ${holds("position")}
      )
      select 'event' as kind, id::text, null::uuid as order_id,
        format('it stands at position %s, but the one before at %s', position, before) as problem
      from placed where before <> position - 1
        and not exists (select from event_gap where first_position = before + 1 and last_position = position - 1)
      union all
      select 'cursor', name, null, format('it is at position %s, but the log ends at %s', position, last)
      from cursor cross join (select ${sql.raw(LAST_POSITION)} as last) as log
      -- The other cursors do not all follow this log.
      where name = 'relay' and position > last and ${after}::bigint = 0`,
  },
  {
    law: "positions-are-dense",
    subject: "event",
    faults: ({ holds }) => sql<FaultRow>`
      select 'event' as kind, e.id::text, null::uuid as order_id,
        format('it stands at position %s, but an earlier one of the same thing at %s', e.position, earlier.position) as problem
      from event e cross join lateral (
        select position from event p where p.subject_id = e.subject_id and p.id < e.id order by p.id desc limit 1
      ) earlier
      where ${holds("e.id")} and e.position is not null and (earlier.position > e.position or earlier.position is null)`,
  },
  {
    law: "revisions-follow-events",
    subject: "event",
    faults: ({ holds }) => sql<FaultRow>`
      select e.subject_kind as kind, e.subject_id as id, null::uuid as order_id,
        format('event %s is of revision %s, the one before of %s', e.id, e.revision, coalesce(earlier.revision, 0)) as problem
      from event e left join lateral (
        select revision from event p where p.subject_id = e.subject_id and p.id < e.id order by p.id desc limit 1
      ) earlier on true
      where ${holds("e.id")} and e.revision <> coalesce(earlier.revision, 0) + 1`,
  },
  ...REVISED.map(
    (subject: LawSubject): LawQuery => ({
      law: "revisions-follow-events",
      subject,
      faults: ({ holds }) => sql<FaultRow>`
      select ${sql.lit(subject)} as kind, s.id, null::uuid as order_id,
        format('it is at revision %s, its last event at %s', s.revision, coalesce(last.revision, 0)) as problem
      from ${sql.table(subject)} s left join lateral (
        select revision from event e where e.subject_id = s.id order by e.id desc limit 1
      ) last on true
      where ${holds("s.id")} and s.revision is distinct from last.revision`,
    }),
  ),
  {
    law: "webhooks-acted-on",
    subject: "webhook",
    faults: ({ holds, webhookAttempts, realLately }) => sql<FaultRow>`
      select 'webhook' as kind, id, null::uuid as order_id, 'act-on-webhook' as repair,
        case when attempts >= ${webhookAttempts} then format('it failed %s times: %s', attempts, reason)
          else format('it waits since %s: %s', to_char(received_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
            coalesce(reason, 'nobody acted on it')) end as problem
      from webhook
      where ${holds("id")} and state in ('received', 'failed')
        and (attempts >= ${webhookAttempts} or received_at < ${realLately}::timestamptz)`,
  },
];
