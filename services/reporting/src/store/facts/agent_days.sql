-- What agent_days says otherwise than a recount of the tickets, by their own columns
-- alone; healed where $1 says so. A row of zeros says nothing.
with counted as (
    select (created_at at time zone 'UTC')::date as day,
           project_id,
           assigned_to as agent_id,
           (count(*))::integer as tickets,
           (count(resolved_at))::integer as resolved,
           (coalesce(sum((extract(epoch from resolved_at - created_at)
                             * 1000000)::bigint), 0))::bigint as resolution_micros
    from tickets
    where deleted_at is null and not purged and assigned_to is not null
    group by 1, 2, 3
),
wrong as (
    select day, project_id, agent_id,
           coalesce(c.tickets, 0) as tickets,
           coalesce(c.resolved, 0) as resolved,
           coalesce(c.resolution_micros, 0) as resolution_micros,
           to_jsonb(f) as kept, to_jsonb(c) as expected
    from (select * from agent_days
          where (tickets, resolved, resolution_micros)
                <> (0, 0, 0)) as f
    full join counted as c using (day, project_id, agent_id)
    where to_jsonb(f) is distinct from to_jsonb(c)
),
healed as (
    insert into agent_days
        (day, project_id, agent_id, tickets, resolved, resolution_micros)
    select day, project_id, agent_id, tickets, resolved, resolution_micros
    from wrong where $1
    on conflict (day, project_id, agent_id) do update set
        (tickets, resolved, resolution_micros)
        = (excluded.tickets, excluded.resolved, excluded.resolution_micros)
)
select jsonb_build_object('day', day, 'project_id', project_id,
                          'agent_id', agent_id) as "key!",
       kept, expected
from wrong
