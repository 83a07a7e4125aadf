-- What was said about each clock, so that nothing is said twice.

-- Sequence of the last sla.* event about the ticket; drawn with the row locked.
alter table tickets add column said bigint not null default 0;

alter table deadlines
    -- Its sla.breached was said. The row stays until ticket answers with an event of its own, so
    -- that one about something else in between does not have it said again; another generation is
    -- another clock.
    add column claimed boolean not null default false,
    -- When 80 % of the time is over; null once its sla.due_soon was said, or is too late for it.
    add column soon_at timestamptz,
    drop column created_at;

-- Claims: what is due by now, in order. Sleep: the next due time. Claimed rows are not in it.
drop index deadlines_due;
create index deadlines_due on deadlines (due_at) where not claimed;
-- The same for warnings.
create index deadlines_soon on deadlines (soon_at) where soon_at is not null;
