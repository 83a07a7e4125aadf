-- API keys. Of a secret only its keyed hash is kept, with the name of the pepper that made it.
create table api_keys (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    name text not null check (char_length(name) between 1 and 255),
    -- Verification.
    api_key text collate "C" not null constraint api_keys_api_key_unique unique,
    secret_hash bytea not null check (octet_length(secret_hash) = 32),
    pepper text not null,
    -- Networks in CIDR notation; empty: from anywhere.
    allowed_ips cidr[] not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    sequence bigint not null default 1 check (sequence > 0)
);

-- A project's keys, newest first, and their cursor.
create index api_keys_of_project on api_keys (project_id, created_at desc, id desc);
