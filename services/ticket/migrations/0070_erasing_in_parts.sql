-- People are erased a part at a time, however many tickets tell of them; files go with their rows.

-- People of whom tickets still tell.
create table erasures (
    user_id bigint primary key,
    -- The request that erases, named by what the erasure says.
    request_id text,
    traceparent text,
    -- Oldest first. By the app's clock.
    requested_at timestamptz not null
);

-- What is left to erase of each: a row goes in the transaction that erases its ticket.
create table erasure_tickets (
    user_id bigint not null references erasures,
    ticket_id bigint not null,
    -- Where the person is the ticket's customer.
    requester_id bigint,
    primary key (user_id, ticket_id)
);

-- Objects of which the rows are gone; a row goes when the store has let go of its object.
create table unwanted_objects (
    object text primary key
);
