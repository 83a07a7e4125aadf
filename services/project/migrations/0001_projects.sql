-- Projects and who works in them. Rows are never removed: a slug and a prefix stay taken for good,
-- and a row's sequence of events only grows.
create table projects (
    id bigint generated always as identity primary key,
    name text not null check (char_length(name) between 1 and 255),
    -- Search: the name in lower case as the service folds it, whatever the database's locale.
    name_folded text collate "C" not null,
    -- Uniqueness, and the look-up of taken words by their beginning (collation C makes it a range).
    slug text collate "C" not null constraint projects_slug_unique unique,
    prefix text collate "C" not null constraint projects_prefix_unique unique,
    description text,
    support_email text,
    website_url text,
    timezone text not null,
    settings jsonb not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    -- Order of the project's events, raised under the row lock.
    sequence bigint not null default 1 check (sequence > 0)
);

-- Lists of projects, newest first, and their cursor.
create index projects_newest on projects (created_at desc, id desc) where deleted_at is null;

create table memberships (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    -- Auth's id; its facts are in replica_users.
    user_id bigint not null,
    is_lead boolean not null,
    -- False once removed.
    is_member boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    sequence bigint not null default 1 check (sequence > 0),
    -- A project's agents.
    constraint memberships_project_user_unique unique (project_id, user_id)
);

-- An agent's own projects.
create index memberships_of_user on memberships (user_id, project_id) where is_member;
