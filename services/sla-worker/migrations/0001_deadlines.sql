-- Which of a ticket's events was applied last: a lower or equal one changes nothing.
create table tickets (
    -- Apply: one ticket by its id. Show: the same.
    id bigint primary key,
    sequence bigint not null
);

-- The clocks that run now, at most two a ticket; a row goes as soon as its clock stops.
create table deadlines (
    ticket_id bigint not null,
    metric text not null check (metric in ('first_response', 'resolution')),
    project_id bigint not null,
    due_at timestamptz not null,
    -- The ticket's deadline generation that the due time belongs to.
    generation integer not null,
    -- When the ticket was filed.
    created_at timestamptz not null,
    -- Apply: the rows of some tickets. Show: those of one.
    primary key (ticket_id, metric)
);
-- The next due time, and what is due by now, in order.
create index deadlines_due on deadlines (due_at);
