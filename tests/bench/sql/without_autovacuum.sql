-- Cleaning up behind the yardstick would take its time from what is measured after it.
do $$
declare
    name regclass;
begin
    for name in
        select oid::regclass from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace
    loop
        execute format('alter table %s set (autovacuum_enabled = false)', name);
    end loop;
end
$$
