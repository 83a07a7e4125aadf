-- What a customer thinks of the solution: one rating a ticket, whatever happens to it later.
create table ratings (
    -- Detail: the ticket's rating. Rate: there is one already.
    ticket_id bigint primary key references tickets,
    score smallint not null check (score between 1 and 5),
    comment text,
    -- Who rated: the customer, or an admin.
    user_id bigint not null,
    created_at timestamptz not null
);

-- Who follows a ticket, as user ids, a hundred at most. On the ticket's own row, which every
-- event's state is read from under its lock; nothing looks tickets up by it.
alter table tickets add column watchers bigint[] not null default '{}';
