-- Portal sessions and what has been revoked before its time.

create table sessions (
    id bigint generated always as identity primary key,
    user_id bigint not null references users,
    started_at timestamptz not null,
    -- The one token that may be refreshed; every earlier one is dead for good.
    jti uuid not null,
    token_expires_at timestamptz not null,
    refreshed_at timestamptz,
    ended_at timestamptz
);

-- A user's living sessions: to end them, and to know how long their tokens last.
create index sessions_living on sessions (user_id) where ended_at is null;

-- Sessions that can be refreshed no more, for the sweeper.
create index sessions_started on sessions (started_at);

-- What gateways refuse although its signature is good. Rows outlive the tokens that they concern.
create table revocations (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('token', 'session', 'user')),
    jti uuid,
    session_id bigint,
    user_id bigint,
    -- Tokens of the user with a smaller generation are refused …
    generation bigint,
    -- … but for this session's.
    exempt_session_id bigint,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    check (case kind
        when 'token' then jti is not null
        when 'session' then session_id is not null
        else user_id is not null and generation is not null
    end)
);

-- The last minute's, which gateways read again because ids commit out of order.
create index revocations_created on revocations (created_at);

-- The living ones for a starting gateway, the dead ones for the sweeper.
create index revocations_expires on revocations (expires_at);
