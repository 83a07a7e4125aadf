-- Daily partitions are made and dropped by these two functions alone: they run with the owner's
-- rights, because a service's role has no DDL. Their search_path is pinned and every table named
-- with its schema, so that nobody can slip them another one. They give up a lock soon: a
-- partition made an hour later harms nobody, writers queued behind a lock do.

-- Makes the partitions of today and the next `ahead` days; answers how many were missing.
create function outbox_make_partitions(ahead integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    today constant date := (now() at time zone 'utc')::date;
    wanted date;
    name text;
    made integer := 0;
begin
    for wanted in select today + n from generate_series(0, least(greatest(ahead, 0), 60)) as n loop
        name := 'outbox_' || to_char(wanted, 'YYYYMMDD');
        -- Rows of that day that already went to the default partition stay there.
        continue when to_regclass('public.' || name) is not null
            or exists (select from public.outbox_default as d where d.day = wanted);
        -- Attaching takes a weaker lock on the outbox than creating a partition of it.
        execute format(
            'create table public.%I (like public.outbox including all excluding identity)', name);
        execute format(
            'alter table public.outbox attach partition public.%I for values from (%L) to (%L)',
            name, wanted, wanted + 1);
        made := made + 1;
    end loop;
    return made;
end
$$;

-- Drops the partitions older than `keep` days; answers how many. One with rows that are still
-- to be published, or parked, stays.
create function outbox_drop_partitions(keep integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    oldest constant date := (now() at time zone 'utc')::date - greatest(keep, 1);
    part record;
    dropped integer := 0;
begin
    for part in
        select child.relname as name, to_date(right(child.relname, 8), 'YYYYMMDD') as day
        from pg_inherits
        join pg_class as child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = 'public.outbox'::regclass
          and child.relname ~ '^outbox_[0-9]{8}$'
        order by child.relname
    loop
        continue when part.day >= oldest
            or exists (select from public.outbox_pending as p where p.day = part.day)
            or exists (select from public.outbox_parked as p where p.day = part.day);
        execute format('drop table public.%I', part.name);
        dropped := dropped + 1;
    end loop;
    delete from public.outbox_default as d
    where d.day < oldest
      and not exists (select from public.outbox_pending as p where p.seq = d.seq)
      and not exists (select from public.outbox_parked as p where p.seq = d.seq);
    return dropped;
end
$$;

select outbox_make_partitions(7);
