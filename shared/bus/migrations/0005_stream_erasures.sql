-- Aggregates whose personal data was erased, and whose older events have yet to go from the stream.
-- Written in the erasing transaction, forgotten when the stream holds them no more.
create table stream_erasures (
    aggregate_kind text not null,
    aggregate_id bigint not null,
    -- The last sequence that may hold the data.
    through bigint not null,
    -- The outbox's last row of the aggregate by then: while one up to it is still queued, the relay
    -- may be publishing what it read before the erasure.
    seq bigint not null,
    requested_at timestamptz not null default now(),
    primary key (aggregate_kind, aggregate_id)
);
