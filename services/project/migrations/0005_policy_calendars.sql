-- An SLA policy may name a calendar.
alter table sla_policy_copies add column calendar_id bigint;
