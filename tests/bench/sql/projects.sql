-- The projects that tickets are filed for, as ticket knows them.
insert into replica_projects (id, name, slug, prefix, is_active, sequence)
select id, prefix, lower(prefix), prefix, true, 1
from unnest($1::bigint[], $2::text[]) as p (id, prefix)
on conflict (id) do nothing
