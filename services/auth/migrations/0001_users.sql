-- Accounts.
create extension if not exists pg_trgm;

create table users (
    id bigint generated always as identity primary key,
    name text not null,
    -- Lower case.
    email text not null,
    -- Argon2id in PHC form; null: nobody can sign in with a password (made from a ticket's address).
    password_hash text,
    role text not null check (role in ('super_admin', 'admin', 'agent', 'customer')),
    phone text,
    department text,
    is_active boolean not null default true,
    email_verified_at timestamptz,
    last_login_at timestamptz,
    -- Token generation: tokens of an older one are refused once a user revocation says so.
    generation bigint not null default 1,
    -- Sequence of the account's last event.
    sequence bigint not null default 1,
    created_at timestamptz not null,
    -- Last change; a login is none.
    updated_at timestamptz not null,
    deleted_at timestamptz
) with (fillfactor = 90); -- room for last_login_at on the same page

-- One living account per address; also finds the account of a login. A deleted one's is free.
create unique index users_email on users (lower(email)) where deleted_at is null;

-- The list, newest first, by role.
create index users_newest on users (created_at desc, id desc) where deleted_at is null;
create index users_role on users (role, created_at desc, id desc) where deleted_at is null;

-- The few that are disabled.
create index users_disabled on users (created_at desc, id desc)
    where deleted_at is null and not is_active;

-- Substring search over name and e-mail; the list repeats the expression word for word.
create index users_search on users using gin (lower(name || E'\n' || email) gin_trgm_ops)
    where deleted_at is null;
