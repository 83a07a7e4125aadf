-- Reports of some projects, such as an agent's own: their days, without everybody else's.
create index project_days_project on project_days (project_id, day);
create index resolution_days_project on resolution_days (project_id, day);
create index priority_days_project on priority_days (project_id, day);
create index agent_days_project on agent_days (project_id, day);
create index category_days_project on category_days (project_id, day);
