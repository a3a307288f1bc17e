-- What the dashboard looks through again and again.

-- How many orders stand in a state, since when, and half of them since when: from the index alone.
create index order_in_state on "order" (state, changed_at, id);
create index order_total on "order" (total_minor, id);
-- Few orders have a flag of their own; those that came with a history all have its flag.
create index order_flagged on "order" (id)
  where flags <> '{}' and not flags <@ array['imported', 'seeded']::text[];
-- Questions without an answer are those of which the log tells one thing.
create index event_of_question on event (subject_id, id) where subject_kind = 'question';
