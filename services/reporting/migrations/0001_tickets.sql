-- The last state of each ticket that reporting heard of. No name, no e-mail, no subject.
create table tickets (
    -- Apply: one ticket by its id. Show: the same.
    id bigint primary key,
    project_id bigint not null,
    status text not null,
    priority text not null,
    source text not null,
    category_id bigint,
    assigned_to bigint,
    created_at timestamptz not null,
    first_response_at timestamptz,
    first_response_due_at timestamptz,
    first_response_breached boolean not null,
    resolved_at timestamptz,
    resolution_due_at timestamptz,
    resolution_breached boolean not null,
    closed_at timestamptz,
    reply_count integer not null,
    deleted_at timestamptz,
    -- Gone for good at the owner; the row stays, because no report changes by a purge.
    purged boolean not null,
    -- Of the event that the state came with: a lower or equal one changes nothing.
    sequence bigint not null
);
