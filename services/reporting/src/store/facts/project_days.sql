-- What project_days says otherwise than a recount of the tickets, by their own columns
-- alone; healed where $1 says so. A row of zeros says nothing.
with counted as (
    select (created_at at time zone 'UTC')::date as day,
           project_id,
           (count(*))::integer as tickets,
           (count(*) filter (where status = 'open'))::integer as status_open,
           (count(*) filter (where status = 'in_progress'))::integer as status_in_progress,
           (count(*) filter (where status = 'pending_customer'))::integer
               as status_pending_customer,
           (count(*) filter (where status = 'resolved'))::integer as status_resolved,
           (count(*) filter (where status = 'closed'))::integer as status_closed,
           (count(*) filter (where assigned_to is null))::integer as unassigned,
           (count(*) filter (where first_response_breached or resolution_breached))::integer
               as breached,
           (count(first_response_at))::integer as responded,
           (coalesce(sum((extract(epoch from first_response_at - created_at)
                             * 1000000)::bigint), 0))::bigint as response_micros,
           (count(resolved_at))::integer as resolved,
           (coalesce(sum((extract(epoch from resolved_at - created_at)
                             * 1000000)::bigint), 0))::bigint as resolution_micros
    from tickets
    where deleted_at is null and not purged
    group by 1, 2
),
wrong as (
    select day, project_id,
           coalesce(c.tickets, 0) as tickets,
           coalesce(c.status_open, 0) as status_open,
           coalesce(c.status_in_progress, 0) as status_in_progress,
           coalesce(c.status_pending_customer, 0) as status_pending_customer,
           coalesce(c.status_resolved, 0) as status_resolved,
           coalesce(c.status_closed, 0) as status_closed,
           coalesce(c.unassigned, 0) as unassigned,
           coalesce(c.breached, 0) as breached,
           coalesce(c.responded, 0) as responded,
           coalesce(c.response_micros, 0) as response_micros,
           coalesce(c.resolved, 0) as resolved,
           coalesce(c.resolution_micros, 0) as resolution_micros,
           to_jsonb(f) as kept, to_jsonb(c) as expected
    from (select * from project_days
          where (tickets, status_open, status_in_progress, status_pending_customer,
                 status_resolved, status_closed, unassigned, breached, responded, response_micros,
                 resolved, resolution_micros)
                <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) as f
    full join counted as c using (day, project_id)
    where to_jsonb(f) is distinct from to_jsonb(c)
),
healed as (
    insert into project_days
        (day, project_id, tickets, status_open, status_in_progress, status_pending_customer,
         status_resolved, status_closed, unassigned, breached, responded, response_micros,
         resolved, resolution_micros)
    select day, project_id, tickets, status_open, status_in_progress, status_pending_customer,
           status_resolved, status_closed, unassigned, breached, responded, response_micros,
           resolved, resolution_micros
    from wrong where $1
    on conflict (day, project_id) do update set
        (tickets, status_open, status_in_progress, status_pending_customer, status_resolved,
         status_closed, unassigned, breached, responded, response_micros, resolved,
         resolution_micros)
        = (excluded.tickets, excluded.status_open, excluded.status_in_progress,
           excluded.status_pending_customer, excluded.status_resolved, excluded.status_closed,
           excluded.unassigned, excluded.breached, excluded.responded, excluded.response_micros,
           excluded.resolved, excluded.resolution_micros)
)
select jsonb_build_object('day', day, 'project_id', project_id) as "key!",
       kept, expected
from wrong
