-- Two clocks a ticket that run for days yet, as the SLA worker keeps them.
with known as (
    insert into tickets (id, sequence)
    select id, 1 from unnest($1::bigint[]) as id
    on conflict (id) do nothing
    returning id
)
insert into deadlines (ticket_id, metric, project_id, due_at, generation)
select id, metric, 1, now() + interval '1 hour' + id % 1000000 * interval '3 seconds', 1
from known, unnest(array['first_response', 'resolution']) as metric
