-- Takes deltas and adds them to the totals of every facet they belong to, each in its project and
-- in all projects together, and to their days.
with taken as (
    delete from ticket_count_deltas
    where ctid = any (array(select ctid from ticket_count_deltas limit $1))
    returning *
), placed as (
    select place.project_id as place, t.*
    from taken t
    cross join lateral (values (0::bigint), (t.project_id)) as place (project_id)
), totals as (
    insert into ticket_totals as kept (facet, facet_id, project_id, status, priority, overdue,
                                       assigned, tickets)
    select f.facet, f.id, p.place, p.status, p.priority, p.overdue, p.assigned_to is not null,
           sum(p.delta)
    from placed p
    cross join lateral (
        select facet, id
        from (values ('any', 0::bigint), ('category', p.category_id), ('assignee', p.assigned_to))
             as whole (facet, id)
        where p.tag_id is null and id is not null
        union all
        select 'tag', p.tag_id where p.tag_id is not null
    ) as f
    group by 1, 2, 3, 4, 5, 6, 7
    having sum(p.delta) <> 0
    on conflict (facet, facet_id, project_id, status, priority, overdue, assigned)
        do update set tickets = kept.tickets + excluded.tickets
), days as (
    insert into ticket_days as kept (project_id, day, tickets)
    select place, created_on, sum(delta)
    from placed
    where tag_id is null
    group by 1, 2
    having sum(delta) <> 0
    on conflict (project_id, day) do update set tickets = kept.tickets + excluded.tickets
)
select count(*) as "summed!" from taken
