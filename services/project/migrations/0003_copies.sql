-- Copies of ticket's facts; the highest sequence wins.
create table project_ticket_counts (
    project_id bigint primary key,
    tickets bigint not null,
    sequence bigint not null
);

create table sla_policy_copies (
    id bigint primary key,
    project_id bigint,
    name text not null,
    priority text not null check (priority in ('low', 'medium', 'high', 'critical')),
    first_response_minutes integer not null,
    resolution_minutes integer not null,
    pause_while_pending boolean not null,
    deleted boolean not null,
    sequence bigint not null
);

-- A project's own policies.
create index sla_policy_copies_of_project on sla_policy_copies (project_id) where not deleted;
