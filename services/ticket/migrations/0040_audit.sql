-- Who changed which configuration, from where. Written in the transaction of the change and told
-- to auth, which answers for the whole desk's audit: nothing here is read but by hand.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- Auth's id of the user.
    actor_id bigint not null,
    -- E.g. category.updated.
    action text not null,
    -- E.g. category, and its id.
    target_kind text not null,
    target_id bigint not null,
    address inet not null,
    -- [{"field", "from", "to"}]; never a secret.
    changes jsonb not null
);
