-- Months beside days: the day that a deep page starts on was found among all days of all of an
-- agent's projects, 3,500 rows for two years of five. Now among months, then among the days of one.
-- Kept by the database itself, so that a release that knows nothing of them counts on.

create table ticket_months (
    -- As in `ticket_days`.
    project_id bigint not null,
    -- Its first day, in UTC.
    month date not null,
    tickets bigint not null,
    -- The month that a deep page starts in. Upkeep: one row.
    primary key (project_id, month)
) with (fillfactor = 70);

create function month_new_days() returns trigger
language plpgsql as $$
begin
    insert into ticket_months as kept (project_id, month, tickets)
    select project_id, date_trunc('month', day)::date, sum(tickets)
    from added
    group by 1, 2
    on conflict (project_id, month) do update set tickets = kept.tickets + excluded.tickets;
    return null;
end
$$;

create function month_changed_days() returns trigger
language plpgsql as $$
begin
    insert into ticket_months as kept (project_id, month, tickets)
    select project_id, date_trunc('month', day)::date, sum(tickets)
    from (select project_id, day, tickets from changed
          union all
          select project_id, day, -tickets from replaced) as difference
    group by 1, 2
    on conflict (project_id, month) do update set tickets = kept.tickets + excluded.tickets;
    return null;
end
$$;

create trigger month_new after insert on ticket_days
    referencing new table as added
    for each statement execute function month_new_days();
create trigger month_changed after update on ticket_days
    referencing old table as replaced new table as changed
    for each statement execute function month_changed_days();

insert into ticket_months (project_id, month, tickets)
select project_id, date_trunc('month', day)::date, sum(tickets)
from ticket_days
group by 1, 2;

analyze ticket_months;
