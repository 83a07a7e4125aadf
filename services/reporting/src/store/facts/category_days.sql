-- What category_days says otherwise than a recount of the tickets, by their own columns
-- alone; healed where $1 says so. A row of zeros says nothing.
with counted as (
    select (created_at at time zone 'UTC')::date as day,
           project_id,
           category_id,
           (count(*))::integer as tickets
    from tickets
    where deleted_at is null and not purged
    group by 1, 2, 3
),
wrong as (
    select coalesce(f.day, c.day) as day,
           coalesce(f.project_id, c.project_id) as project_id,
           coalesce(f.category_id, c.category_id) as category_id,
           coalesce(c.tickets, 0) as tickets,
           to_jsonb(f) as kept, to_jsonb(c) as expected
    from (select * from category_days
          where tickets <> 0) as f
    full join counted as c
        on (f.day, f.project_id, coalesce(f.category_id, 0))
         = (c.day, c.project_id, coalesce(c.category_id, 0))
    where to_jsonb(f) is distinct from to_jsonb(c)
),
healed as (
    insert into category_days
        (day, project_id, category_id, tickets)
    select day, project_id, category_id, tickets
    from wrong where $1
    on conflict (day, project_id, category_id) do update set
        tickets = excluded.tickets
)
select jsonb_build_object('day', day, 'project_id', project_id,
                          'category_id', category_id) as "key!",
       kept, expected
from wrong
