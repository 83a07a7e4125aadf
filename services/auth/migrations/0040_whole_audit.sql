-- The whole desk's audit: what auth did itself, and what the other services tell of theirs.

-- Whose row it is a copy of, and its id there; null for auth's own.
alter table audit add column source text, add column source_id bigint;
alter table audit add check ((source is null) = (source_id is null));

-- Heard twice, kept once.
create unique index audit_source on audit (source, source_id) where source is not null;
-- The list by action, and by the kind of target; beside those by time, actor and target.
create index audit_action on audit (action, at desc, id desc);
create index audit_target_kind on audit (target_kind, at desc, id desc);
