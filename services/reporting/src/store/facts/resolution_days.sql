-- What resolution_days says otherwise than a recount of the tickets, by their own columns
-- alone; healed where $1 says so. A row of zeros says nothing.
with counted as (
    select (resolved_at at time zone 'UTC')::date as day,
           project_id,
           (count(*))::integer as resolutions
    from tickets
    where deleted_at is null and not purged and resolved_at is not null
    group by 1, 2
),
wrong as (
    select day, project_id,
           coalesce(c.resolutions, 0) as resolutions,
           to_jsonb(f) as kept, to_jsonb(c) as expected
    from (select * from resolution_days
          where resolutions <> 0) as f
    full join counted as c using (day, project_id)
    where to_jsonb(f) is distinct from to_jsonb(c)
),
healed as (
    insert into resolution_days
        (day, project_id, resolutions)
    select day, project_id, resolutions
    from wrong where $1
    on conflict (day, project_id) do update set
        resolutions = excluded.resolutions
)
select jsonb_build_object('day', day, 'project_id', project_id) as "key!",
       kept, expected
from wrong
