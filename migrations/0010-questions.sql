-- Events of questions are few among those of orders, and reports look for all of them.
create index event_question on event (type, occurred_at) where subject_kind = 'question';
