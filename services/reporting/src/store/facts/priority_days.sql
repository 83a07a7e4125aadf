-- What priority_days says otherwise than a recount of the tickets, by their own columns
-- alone; healed where $1 says so. A row of zeros says nothing.
with counted as (
    select (created_at at time zone 'UTC')::date as day,
           project_id,
           priority,
           (count(*))::integer as tickets,
           (count(*) filter (where first_response_breached))::integer as first_response_breached,
           (count(*) filter (where resolution_breached))::integer as resolution_breached
    from tickets
    where deleted_at is null and not purged
    group by 1, 2, 3
),
wrong as (
    select day, project_id, priority,
           coalesce(c.tickets, 0) as tickets,
           coalesce(c.first_response_breached, 0) as first_response_breached,
           coalesce(c.resolution_breached, 0) as resolution_breached,
           to_jsonb(f) as kept, to_jsonb(c) as expected
    from (select * from priority_days
          where (tickets, first_response_breached, resolution_breached)
                <> (0, 0, 0)) as f
    full join counted as c using (day, project_id, priority)
    where to_jsonb(f) is distinct from to_jsonb(c)
),
healed as (
    insert into priority_days
        (day, project_id, priority, tickets, first_response_breached, resolution_breached)
    select day, project_id, priority, tickets, first_response_breached, resolution_breached
    from wrong where $1
    on conflict (day, project_id, priority) do update set
        (tickets, first_response_breached, resolution_breached)
        = (excluded.tickets, excluded.first_response_breached, excluded.resolution_breached)
)
select jsonb_build_object('day', day, 'project_id', project_id,
                          'priority', priority) as "key!",
       kept, expected
from wrong
