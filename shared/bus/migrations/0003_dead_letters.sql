-- Events that a consumer of this database could not take, kept with their whole envelope until
-- somebody replays or forgets them.
create table dead_letters (
    -- Replay and forget: one by its id. List: newest first.
    id bigint generated always as identity primary key,
    consumer text not null,
    subject text not null,
    -- Null where the envelope itself could not be read.
    event_id uuid,
    aggregate_kind text,
    aggregate_id bigint,
    sequence bigint,
    error text not null,
    tries integer not null,
    -- The bytes as they came; not JSON for certain, hence no jsonb.
    envelope bytea not null,
    digest bytea not null generated always as (sha256(envelope)) stored,
    failed_at timestamptz not null default now(),
    -- Insert: an event that comes again (its acknowledgement was lost) stays one letter.
    -- Count: by consumer.
    unique (consumer, digest)
);

-- Erase: the letters about a purged aggregate.
create index dead_letters_aggregate on dead_letters (aggregate_kind, aggregate_id);
