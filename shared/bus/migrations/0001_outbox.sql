-- The outbox: every event a service has said, written in the transaction of the change itself.
--
-- Its columns are an interface: a service may insert here from its own statement instead of
-- through `outbox::append`. Leave out `day` and `seq` (they have defaults), insert after the
-- aggregate's row is locked, and put the (day, seq) that comes back into `outbox_pending` in the
-- same statement:
--
--   with said as (insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type,
--                                     version, occurred_at, traceparent, request_id, payload)
--                 select … returning day, seq)
--   insert into outbox_pending (day, seq) select day, seq from said;
--
-- Rows are never changed, and go only with their whole partition.
create table outbox (
    day date not null default (now() at time zone 'utc')::date,
    -- Order of publishing. Drawn after the row lock, so that it follows an aggregate's sequence.
    seq bigint generated always as identity,
    -- UUIDv7, the same whenever the event is published again.
    event_id uuid not null,
    aggregate_kind text not null,
    aggregate_id bigint not null,
    -- The aggregate's own sequence, from 1.
    sequence bigint not null check (sequence > 0),
    -- The subject without the bus prefix, e.g. ticket.created.
    type text not null,
    version integer not null default 1 check (version between 1 and 65535),
    -- Business time, from the app's clock.
    occurred_at timestamptz not null,
    traceparent text,
    request_id text,
    payload jsonb not null,
    -- Relay: the rows of a batch, by seq (within a partition the day is constant).
    primary key (seq, day),
    -- One event by its id; refuses to say an event twice.
    unique (event_id, day)
) partition by range (day);

-- Catches what finds no daily partition, so that a late partition never stops a write.
create table outbox_default partition of outbox default;

-- What the relay has yet to publish: a narrow queue beside the log. Publishing an event again is
-- inserting it here again (`on conflict do nothing`). No foreign key: it would cost every write.
create table outbox_pending (
    -- Relay: the oldest rows first. By seq alone: around midnight a transaction may draw a later
    -- seq for the earlier day.
    seq bigint primary key,
    day date not null
) with (
    -- Small and busy: vacuumed by number of dead rows, never by share.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);

-- Rows the server refused for themselves, and the later rows of their aggregates, which wait
-- behind them so that the order holds.
create table outbox_parked (
    -- Release: moved back by seq.
    seq bigint primary key,
    day date not null,
    aggregate_kind text not null,
    aggregate_id bigint not null,
    -- Why it was refused; null for a row that only waits behind one.
    error text,
    parked_at timestamptz not null default now()
);
