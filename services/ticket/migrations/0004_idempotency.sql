-- Answers to calls with an Idempotency-Key, kept 24 hours, written with what the call did.
create table idempotency_keys (
    -- project:7 or user:5
    caller text not null,
    call text not null,
    key text not null,
    -- Of the parsed request: the same key with another request is refused.
    digest bytea not null,
    -- Null only within the transaction that is doing the call.
    status smallint,
    version bigint,
    answer text,
    created_at timestamptz not null,
    primary key (caller, call, key)
);
-- Sweep: keys that are over.
create index idempotency_keys_age on idempotency_keys (created_at);
