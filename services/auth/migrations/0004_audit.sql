-- Who administered what, from where. Written in the transaction of the change.

create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- Null: the system itself.
    actor_id bigint,
    -- E.g. user.created, user.role_changed.
    action text not null,
    target_kind text not null,
    target_id bigint not null,
    address inet,
    details jsonb not null default '{}'
);

-- Newest first; of an actor; about a target.
create index audit_newest on audit (at desc, id desc);
create index audit_actor on audit (actor_id, at desc, id desc);
create index audit_target on audit (target_kind, target_id, at desc, id desc);
