-- Tickets as a desk holds them after some time: numbers that agree with the counters, two replies
-- and a note each, a short history, a tag. No events: nothing that follows the desk is measured
-- by these.
with project as (
    select id, prefix, place - 1 as place
    from unnest($1::bigint[], $2::text[]) with ordinality as p (id, prefix, place)
), planned as (
    select n, p.id as project_id, p.prefix, n % $4::bigint as customer,
           now() - ($3::bigint - n) * interval '1 second' as created_at,
           (array['open', 'in_progress', 'pending_customer', 'resolved', 'closed'])[1 + n / 3 % 5]
               as status,
           (array['low', 'medium', 'high', 'critical'])[1 + n / 7 % 4] as priority
    from generate_series(1, $3::bigint) as n
    join project p on p.place = n % cardinality($1)
), dated as (
    select *, extract(year from created_at at time zone 'utc')::integer as year from planned
), counter as (
    insert into ticket_counters as c (project_id, year, last)
    select project_id, year, count(*) from dated group by 1, 2
    on conflict (project_id, year) do update set last = c.last + excluded.last
    returning project_id, year, last
), numbered as (
    select d.*, ticket_number(d.prefix, d.year, c.last
               - count(*) over (partition by d.project_id, d.year)
               + row_number() over (partition by d.project_id, d.year order by d.n)) as number
    from dated d
    join counter c on c.project_id = d.project_id and c.year = d.year
), filed as (
    insert into tickets (number, project_id, subject, description, status, priority, source,
        customer_name, customer_email, metadata, requester_id, sla_policy, first_response_due_at,
        first_response_at, resolution_due_at, resolved_at, closed_at, ever_resolved,
        last_activity_at, reply_count, created_at, updated_at)
    select i.number, i.project_id, 'Photo upload fails in survey ' || i.n,
           'The form answers with an error after the third picture of survey ' || i.n
               || ', on the phone and on the computer, and the pictures taken before are gone '
               || 'when the page is opened again. It worked until last week.',
           i.status, i.priority, 'api', r.name, r.email,
           jsonb_build_object('page', '/surveys/' || i.n, 'build', 1041), r.id,
           jsonb_build_object('id', s.id, 'name', s.name, 'priority', s.priority,
                              'first_response_minutes', s.first_response_minutes,
                              'resolution_minutes', s.resolution_minutes,
                              'pause_while_pending', s.pause_while_pending),
           i.created_at + s.first_response_minutes * interval '1 minute',
           i.created_at + interval '10 minutes',
           i.created_at + s.resolution_minutes * interval '1 minute',
           case when i.status in ('resolved', 'closed') then i.created_at + interval '1 hour' end,
           case when i.status = 'closed' then i.created_at + interval '2 hours' end,
           i.status in ('resolved', 'closed'), i.created_at, 2, i.created_at, i.created_at
    from numbered i
    join requesters r on r.email = 'customer' || i.customer || '@bench.example'
    left join sla_policies s
        on s.priority = i.priority and s.project_id is null and s.deleted_at is null
    order by i.n
    returning id, project_id, created_at
), said as (
    insert into messages (ticket_id, kind, body, author_user_id, is_agent, created_at)
    select id, case turn when 2 then 'note' else 'reply' end,
           'Thank you, we look into it. Which browser do you use, and since when does it happen?',
           case turn when 3 then null else 1 end, turn <> 3,
           created_at + turn * interval '10 minutes'
    from filed, generate_series(1, 3) as turn
), told as (
    insert into activities (ticket_id, type, actor_kind, actor_id, created_at)
    select id, (array['created', 'replied', 'note_added'])[turn],
           case turn when 1 then 'key' else 'user' end, 1,
           created_at + turn * interval '10 minutes'
    from filed, generate_series(1, 3) as turn
)
insert into ticket_tags (ticket_id, tag_id)
select f.id, g.id from filed f join tags g on g.id = 1 + f.id % 4
