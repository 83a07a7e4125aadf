-- Keeps each state that is newer than the known one, and moves the sums of every report from what
-- the old state added to what the new one adds. One batch a time: the caller holds the turn.
with old as (
    select * from tickets where id = any($1::bigint[])
),
kept as (
    insert into tickets as known
        (id, project_id, status, priority, source, category_id, assigned_to, created_at,
         first_response_at, first_response_due_at, first_response_breached, resolved_at,
         resolution_due_at, resolution_breached, closed_at, reply_count, deleted_at, purged,
         sequence)
    select * from unnest(
        $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
        $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::bool[],
        $12::timestamptz[], $13::timestamptz[], $14::bool[], $15::timestamptz[], $16::int[],
        $17::timestamptz[], $18::bool[], $19::bigint[])
    on conflict (id) do update set
        (project_id, status, priority, source, category_id, assigned_to, created_at,
         first_response_at, first_response_due_at, first_response_breached, resolved_at,
         resolution_due_at, resolution_breached, closed_at, reply_count, deleted_at, purged,
         sequence)
        = (excluded.project_id, excluded.status, excluded.priority, excluded.source,
           excluded.category_id, excluded.assigned_to, excluded.created_at,
           excluded.first_response_at, excluded.first_response_due_at,
           excluded.first_response_breached, excluded.resolved_at, excluded.resolution_due_at,
           excluded.resolution_breached, excluded.closed_at, excluded.reply_count,
           excluded.deleted_at, excluded.purged, excluded.sequence)
    where known.sequence < excluded.sequence
    returning *
),
moved as (
    select -1 as sign, old.* from old
    where old.counted and exists (select from kept where kept.id = old.id)
    union all
    select 1, kept.* from kept where kept.counted
),
project_moves as (
    select day, project_id,
           sum(sign) as tickets,
           coalesce(sum(sign) filter (where status = 'open'), 0) as status_open,
           coalesce(sum(sign) filter (where status = 'in_progress'), 0) as status_in_progress,
           coalesce(sum(sign) filter (where status = 'pending_customer'), 0)
               as status_pending_customer,
           coalesce(sum(sign) filter (where status = 'resolved'), 0) as status_resolved,
           coalesce(sum(sign) filter (where status = 'closed'), 0) as status_closed,
           coalesce(sum(sign) filter (where assigned_to is null), 0) as unassigned,
           coalesce(sum(sign) filter (where first_response_breached or resolution_breached), 0)
               as breached,
           coalesce(sum(sign) filter (where response_micros is not null), 0) as responded,
           coalesce(sum(sign * response_micros), 0) as response_micros,
           coalesce(sum(sign) filter (where resolution_micros is not null), 0) as resolved,
           coalesce(sum(sign * resolution_micros), 0) as resolution_micros
    from moved group by day, project_id
),
projects as (
    insert into project_days as f
    select * from project_moves
    where (tickets, status_open, status_in_progress, status_pending_customer, status_resolved,
           status_closed, unassigned, breached, responded, response_micros, resolved,
           resolution_micros) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    on conflict (day, project_id) do update set
        tickets = f.tickets + excluded.tickets,
        status_open = f.status_open + excluded.status_open,
        status_in_progress = f.status_in_progress + excluded.status_in_progress,
        status_pending_customer = f.status_pending_customer + excluded.status_pending_customer,
        status_resolved = f.status_resolved + excluded.status_resolved,
        status_closed = f.status_closed + excluded.status_closed,
        unassigned = f.unassigned + excluded.unassigned,
        breached = f.breached + excluded.breached,
        responded = f.responded + excluded.responded,
        response_micros = f.response_micros + excluded.response_micros,
        resolved = f.resolved + excluded.resolved,
        resolution_micros = f.resolution_micros + excluded.resolution_micros
),
resolutions as (
    insert into resolution_days as f
    select resolved_day, project_id, sum(sign)
    from moved where resolved_day is not null
    group by resolved_day, project_id having sum(sign) <> 0
    on conflict (day, project_id) do update set
        resolutions = f.resolutions + excluded.resolutions
),
priority_moves as (
    select day, project_id, priority,
           sum(sign) as tickets,
           coalesce(sum(sign) filter (where first_response_breached), 0)
               as first_response_breached,
           coalesce(sum(sign) filter (where resolution_breached), 0) as resolution_breached
    from moved group by day, project_id, priority
),
priorities as (
    insert into priority_days as f
    select * from priority_moves
    where (tickets, first_response_breached, resolution_breached) <> (0, 0, 0)
    on conflict (day, project_id, priority) do update set
        tickets = f.tickets + excluded.tickets,
        first_response_breached = f.first_response_breached + excluded.first_response_breached,
        resolution_breached = f.resolution_breached + excluded.resolution_breached
),
agent_moves as (
    select day, project_id, assigned_to,
           sum(sign) as tickets,
           coalesce(sum(sign) filter (where resolution_micros is not null), 0) as resolved,
           coalesce(sum(sign * resolution_micros), 0) as resolution_micros
    from moved where assigned_to is not null group by day, project_id, assigned_to
),
agents as (
    insert into agent_days as f
    select * from agent_moves
    where (tickets, resolved, resolution_micros) <> (0, 0, 0)
    on conflict (day, project_id, agent_id) do update set
        tickets = f.tickets + excluded.tickets,
        resolved = f.resolved + excluded.resolved,
        resolution_micros = f.resolution_micros + excluded.resolution_micros
)
insert into category_days as f
select day, project_id, category_id, sum(sign)
from moved group by day, project_id, category_id having sum(sign) <> 0
on conflict (day, project_id, category_id) do update set
    tickets = f.tickets + excluded.tickets
