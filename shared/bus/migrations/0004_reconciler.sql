-- What the reconciler compares: how far each aggregate was published (owner's side), and what an
-- event-wise consumer has taken (consumer's side).

-- The last published event of each aggregate. Written by the relay with the very statement that
-- takes a batch off the queue, so that no write transaction pays for it, and so that what is still
-- queued or parked is never looked for elsewhere. Outlives the outbox's retention: an aggregate
-- whose events are gone is still known to have had some.
create table outbox_heads (
    aggregate_kind text not null,
    aggregate_id bigint not null,
    sequence bigint not null,
    -- Business time of that event.
    occurred_at timestamptz not null,
    -- Heads: a page of one kind by id. Relay: raise one.
    primary key (aggregate_kind, aggregate_id)
) with (fillfactor = 90);

-- Republish: an aggregate's events by sequence. Without the kind, which would make it half as
-- large again: at most a handful of aggregates share an id. Measured: 1 µs and 77 bytes of WAL an
-- event. On an outbox that is large already, building it keeps writers waiting.
create index outbox_aggregate on outbox (aggregate_id, sequence);

-- What was published before there were heads.
insert into outbox_heads (aggregate_kind, aggregate_id, sequence, occurred_at)
select o.aggregate_kind, o.aggregate_id, max(o.sequence), max(o.occurred_at)
from outbox as o
where not exists (select from outbox_pending as p where p.seq = o.seq)
  and not exists (select from outbox_parked as p where p.seq = o.seq)
group by o.aggregate_kind, o.aggregate_id;

-- Which events a consumer has taken, where its own rows do not tell: consumers that act upon each
-- event instead of keeping the last state, and letters that somebody forgot.
create table heard (
    consumer text not null,
    aggregate_kind text not null,
    aggregate_id bigint not null,
    -- {[1,8)}: 1 to 7. A gap shows, however much came after it.
    sequences int8multirange not null,
    -- Note and compare: some aggregates of a kind.
    primary key (consumer, aggregate_kind, aggregate_id)
) with (fillfactor = 90);
