-- What has to be told to whom: one row for an event and a recipient.
create table deliveries (
    id bigint generated always as identity primary key,
    -- The event that it tells of.
    event_id uuid not null,
    -- To a colleague, whose address is looked up when sending,
    user_id bigint,
    -- or to a customer, by the ticket's own address (personal). One of the two.
    email text,
    ticket_id bigint not null,
    project_id bigint not null,
    ticket_number text not null,
    message_id bigint not null,
    -- The ticket's subject and the beginning of the message (personal).
    subject text not null,
    excerpt text not null,
    -- When the message was written.
    occurred_at timestamptz not null,
    state text not null default 'queued',
    check (num_nonnulls(user_id, email) = 1),
    -- Queue: an event that comes again queues nothing anew.
    unique nulls not distinct (event_id, user_id, email)
);
-- List: a ticket's deliveries, the newest first. Purge: all of a ticket.
create index deliveries_ticket on deliveries (ticket_id, id);

-- Tickets that are gone for good: a late event about one queues nothing.
create table purged_tickets (
    -- Queue: is this ticket gone.
    id bigint primary key
);
