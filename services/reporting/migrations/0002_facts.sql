-- Read models: one table a report's grain, so that a report reads days times projects, not tickets.
-- Every sum is kept by the statement that keeps a ticket's state (src/store/keep.sql), as the
-- difference of what the old and the new state add. Days are UTC.

-- What a state adds, derived once. Stored, so that the old state's share is what was added then.
alter table tickets
    -- Deleted tickets are in no report.
    add column counted boolean not null
        generated always as (deleted_at is null and not purged) stored,
    add column day date not null
        generated always as ((created_at at time zone 'UTC')::date) stored,
    add column resolved_day date
        generated always as ((resolved_at at time zone 'UTC')::date) stored,
    -- From creation to the first staff reply.
    add column response_micros bigint generated always as
        ((extract(epoch from first_response_at - created_at) * 1000000)::bigint) stored,
    -- From creation to the resolution.
    add column resolution_micros bigint generated always as
        ((extract(epoch from resolved_at - created_at) * 1000000)::bigint) stored;

-- Overview, projects, and what volume calls created: tickets by the day of their creation.
create table project_days (
    day date not null,
    project_id bigint not null,
    tickets integer not null,
    status_open integer not null,
    status_in_progress integer not null,
    status_pending_customer integer not null,
    status_resolved integer not null,
    status_closed integer not null,
    unassigned integer not null,
    -- Of either deadline.
    breached integer not null,
    responded integer not null,
    response_micros bigint not null,
    resolved integer not null,
    resolution_micros bigint not null,
    -- Reports: a range of days. Keep: one day of one project.
    primary key (day, project_id)
) with (fillfactor = 70);

-- What volume calls resolved: tickets by the day of their resolution.
create table resolution_days (
    day date not null,
    project_id bigint not null,
    resolutions integer not null,
    primary key (day, project_id)
) with (fillfactor = 70);

-- The SLA report.
create table priority_days (
    day date not null,
    project_id bigint not null,
    priority text not null,
    tickets integer not null,
    first_response_breached integer not null,
    resolution_breached integer not null,
    primary key (day, project_id, priority)
) with (fillfactor = 70);

-- The agents report, by the assignee of now.
create table agent_days (
    day date not null,
    project_id bigint not null,
    agent_id bigint not null,
    tickets integer not null,
    resolved integer not null,
    resolution_micros bigint not null,
    primary key (day, project_id, agent_id)
) with (fillfactor = 70);

-- The categories report; no category is a row like any other.
create table category_days (
    day date not null,
    project_id bigint not null,
    category_id bigint,
    tickets integer not null,
    unique nulls not distinct (day, project_id, category_id)
) with (fillfactor = 70);

-- A copy of ticket's categories. Deleted ones stay: their tickets go on showing them.
create table categories (
    -- Report: names by id.
    id bigint primary key,
    name text not null,
    color text,
    sequence bigint not null
);

-- What was heard of before there were facts.
insert into project_days
select day, project_id, count(*),
       count(*) filter (where status = 'open'),
       count(*) filter (where status = 'in_progress'),
       count(*) filter (where status = 'pending_customer'),
       count(*) filter (where status = 'resolved'),
       count(*) filter (where status = 'closed'),
       count(*) filter (where assigned_to is null),
       count(*) filter (where first_response_breached or resolution_breached),
       count(response_micros), coalesce(sum(response_micros), 0),
       count(resolution_micros), coalesce(sum(resolution_micros), 0)
from tickets where counted group by day, project_id;

insert into resolution_days
select resolved_day, project_id, count(*)
from tickets where counted and resolved_day is not null group by resolved_day, project_id;

insert into priority_days
select day, project_id, priority, count(*),
       count(*) filter (where first_response_breached),
       count(*) filter (where resolution_breached)
from tickets where counted group by day, project_id, priority;

insert into agent_days
select day, project_id, assigned_to, count(*),
       count(resolution_micros), coalesce(sum(resolution_micros), 0)
from tickets where counted and assigned_to is not null group by day, project_id, assigned_to;

insert into category_days
select day, project_id, category_id, count(*)
from tickets where counted group by day, project_id, category_id;
