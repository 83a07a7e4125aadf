-- How many tickets a project has, not counting deleted ones, told as `project.counted`.

-- Writers only append here, so that a busy project has no row that they queue for.
create table project_count_deltas (
    id bigint generated always as identity primary key,
    project_id bigint not null,
    delta bigint not null
) with (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1
);

create table project_counts (
    project_id bigint primary key,
    tickets bigint not null,
    sequence bigint not null,
    -- When it was last told: at most once a second, however many replicas sum up.
    told_at timestamptz not null
);
