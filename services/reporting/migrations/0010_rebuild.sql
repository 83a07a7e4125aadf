-- Rebuilding the read models: a second set of the same tables is filled while the first one serves,
-- then the two change places. A migration that alters a read model alters it in both schemas.

create schema shadow;
-- Tables on their way from one schema to the other; empty but for a moment within a transaction.
create schema passage;

create table shadow.tickets (like public.tickets including all);
create table shadow.project_days (like public.project_days including all)
    with (fillfactor = 70);
create table shadow.resolution_days (like public.resolution_days including all)
    with (fillfactor = 70);
create table shadow.priority_days (like public.priority_days including all)
    with (fillfactor = 70);
create table shadow.agent_days (like public.agent_days including all)
    with (fillfactor = 70);
create table shadow.category_days (like public.category_days including all)
    with (fillfactor = 70);

-- The rebuild that runs, or the last one: a single row.
create table rebuild (
    one boolean primary key default true check (one),
    -- While it is `running`, every batch of events is applied to the shadow, too.
    state text not null check (state in ('never', 'running', 'done', 'failed')),
    -- Where ticket's next page starts.
    next_page text not null default '',
    done bigint not null default 0,
    total bigint not null default 0,
    started_at timestamptz,
    finished_at timestamptz,
    error text
);
insert into rebuild (state) values ('never');

-- What the service's own role may not do by itself. Whoever calls these holds the turn of the
-- read models, so no batch is under way; a report that is makes them give up soon.

create function shadow_empty() returns void
language sql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
truncate shadow.tickets, shadow.project_days, shadow.resolution_days, shadow.priority_days,
         shadow.agent_days, shadow.category_days
$$;

-- So that the first reports from the new tables are planned for what is in them.
create function shadow_analyze() returns void
language sql security definer
set search_path = pg_catalog, pg_temp
as $$
analyze shadow.tickets;
analyze shadow.project_days;
analyze shadow.resolution_days;
analyze shadow.priority_days;
analyze shadow.agent_days;
analyze shadow.category_days;
$$;

-- The shadow serves, and what served is emptied. Prepared statements find tables by name: they are
-- planned anew. A report reads its tables in this order, so neither waits for the other in a ring.
create function shadow_serve() returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s'
as $$
declare
    read_models constant text[] := array['project_days', 'resolution_days', 'priority_days',
                                         'agent_days', 'category_days', 'tickets'];
    name text;
begin
    lock table public.project_days, public.resolution_days, public.priority_days,
               public.agent_days, public.category_days, public.tickets
        in access exclusive mode;
    foreach name in array read_models loop
        execute format('alter table public.%I set schema passage', name);
        execute format('alter table shadow.%I set schema public', name);
        execute format('alter table passage.%I set schema shadow', name);
    end loop;
    truncate shadow.tickets, shadow.project_days, shadow.resolution_days, shadow.priority_days,
             shadow.agent_days, shadow.category_days;
end
$$;
