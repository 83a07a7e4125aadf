-- Who changed what, from where. Never a secret.
create table audit (
    id bigint generated always as identity primary key,
    -- Auth's id of the user.
    actor_id bigint not null,
    -- E.g. project.updated.
    action text not null,
    -- E.g. project, and its id.
    target_kind text not null,
    target_id bigint not null,
    address inet not null,
    at timestamptz not null,
    details jsonb not null
);

-- The audit list, newest first.
create index audit_newest on audit (at desc, id desc);
-- The same by actor and by target.
create index audit_of_actor on audit (actor_id, at desc, id desc);
create index audit_of_target on audit (target_kind, target_id, at desc, id desc);
