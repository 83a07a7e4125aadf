-- How many tickets a list has, by every filter that a counter can answer, as of the very
-- transaction that asks: counting a million rows would take a hundred times what a page takes.
--
-- Writers only append deltas, so that no two of them queue for a row; upkeep sums these up into
-- the totals. A total is read as both together, in one statement. The deltas are written by
-- triggers: whatever changes a ticket, by whichever release or by hand, is counted with it.

create table ticket_count_deltas (
    project_id bigint not null,
    -- UTC day of filing.
    created_on date not null,
    status text not null,
    priority text not null,
    -- Either breach.
    overdue boolean not null,
    category_id bigint,
    assigned_to bigint,
    -- Null: tickets are counted. Else one tag of tickets is, and nothing besides.
    tag_id bigint,
    delta bigint not null
) with (
    -- No key and no index: read as a whole, emptied twice a second.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_vacuum_cost_delay = 0
);

create table ticket_totals (
    -- 0: all projects together.
    project_id bigint not null,
    -- One more filter at most has a counter of its own.
    facet text not null check (facet in ('any', 'category', 'assignee', 'tag')),
    -- The category, assignee or tag; 0 for any.
    facet_id bigint not null,
    status text not null,
    priority text not null,
    overdue boolean not null,
    assigned boolean not null,
    tickets bigint not null,
    -- Total: the rows of a facet in some projects, eighty a project at most. Upkeep: one row.
    primary key (facet, facet_id, project_id, status, priority, overdue, assigned)
) with (fillfactor = 70);

create table ticket_days (
    -- 0: all projects together.
    project_id bigint not null,
    -- UTC day of filing.
    day date not null,
    tickets bigint not null,
    -- Total of a range of days; the day that a deep page starts in. Upkeep: one row.
    primary key (project_id, day)
) with (fillfactor = 70);

create function count_filed_tickets() returns trigger
language plpgsql as $$
begin
    insert into ticket_count_deltas (project_id, created_on, status, priority, overdue,
                                     category_id, assigned_to, delta)
    select project_id, (created_at at time zone 'utc')::date, status, priority,
           first_response_breached or resolution_breached, category_id, assigned_to, count(*)
    from filed
    where deleted_at is null
    group by 1, 2, 3, 4, 5, 6, 7;
    return null;
end
$$;

create function count_changed_ticket() returns trigger
language plpgsql as $$
begin
    insert into ticket_count_deltas (project_id, created_on, status, priority, overdue,
                                     category_id, assigned_to, tag_id, delta)
    select t.project_id, (t.created_at at time zone 'utc')::date, t.status, t.priority,
           t.overdue, t.category_id, t.assigned_to, tag.id, t.delta
    from (values (old.project_id, old.created_at, old.status, old.priority,
                  old.first_response_breached or old.resolution_breached, old.category_id,
                  old.assigned_to, old.deleted_at, -1),
                 (new.project_id, new.created_at, new.status, new.priority,
                  new.first_response_breached or new.resolution_breached, new.category_id,
                  new.assigned_to, new.deleted_at, 1))
         as t (project_id, created_at, status, priority, overdue, category_id, assigned_to,
               deleted_at, delta)
    cross join (select null::bigint as id
                union all
                select tag_id from ticket_tags where ticket_id = new.id) as tag
    where t.deleted_at is null;
    return null;
end
$$;

-- A ticket is soft-deleted before it is removed for good, so that here nothing is left to count
-- but what a hand removes.
create function count_removed_tickets() returns trigger
language plpgsql as $$
begin
    insert into ticket_count_deltas (project_id, created_on, status, priority, overdue,
                                     category_id, assigned_to, delta)
    select project_id, (created_at at time zone 'utc')::date, status, priority,
           first_response_breached or resolution_breached, category_id, assigned_to, -count(*)
    from removed
    where deleted_at is null
    group by 1, 2, 3, 4, 5, 6, 7;
    return null;
end
$$;

-- Tags change beside their ticket, which is locked meanwhile.
create function count_changed_tags() returns trigger
language plpgsql as $$
begin
    insert into ticket_count_deltas (project_id, created_on, status, priority, overdue,
                                     category_id, assigned_to, tag_id, delta)
    select t.project_id, (t.created_at at time zone 'utc')::date, t.status, t.priority,
           t.first_response_breached or t.resolution_breached, t.category_id, t.assigned_to,
           c.tag_id, case tg_op when 'INSERT' then count(*) else -count(*) end
    from changed c
    join tickets t on t.id = c.ticket_id
    where t.deleted_at is null
    group by 1, 2, 3, 4, 5, 6, 7, 8;
    return null;
end
$$;

create trigger count_filed after insert on tickets
    referencing new table as filed
    for each statement execute function count_filed_tickets();
create trigger count_changed after update on tickets
    for each row
    when ((old.project_id, old.created_at, old.status, old.priority, old.category_id,
           old.assigned_to, old.first_response_breached or old.resolution_breached,
           old.deleted_at is null)
          is distinct from
          (new.project_id, new.created_at, new.status, new.priority, new.category_id,
           new.assigned_to, new.first_response_breached or new.resolution_breached,
           new.deleted_at is null))
    execute function count_changed_ticket();
create trigger count_removed after delete on tickets
    referencing old table as removed
    for each statement execute function count_removed_tickets();
create trigger count_tagged after insert on ticket_tags
    referencing new table as changed
    for each statement execute function count_changed_tags();
create trigger count_untagged after delete on ticket_tags
    referencing old table as changed
    for each statement execute function count_changed_tags();

-- What is there already.
insert into ticket_count_deltas (project_id, created_on, status, priority, overdue, category_id,
                                 assigned_to, tag_id, delta)
select t.project_id, (t.created_at at time zone 'utc')::date, t.status, t.priority,
       t.first_response_breached or t.resolution_breached, t.category_id, t.assigned_to, tag.id,
       count(*)
from tickets t
cross join lateral (select null::bigint as id
                    union all
                    select tag_id from ticket_tags where ticket_id = t.id) as tag
where t.deleted_at is null
group by 1, 2, 3, 4, 5, 6, 7, 8;

-- Projects' counts are told from the totals now. The release before this one still appends to
-- `project_count_deltas`; it goes once none does.
comment on table project_count_deltas is 'unused since the totals; kept for the release before';
