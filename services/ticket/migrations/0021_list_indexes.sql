-- What lists at a million rows lacked: a filter that few tickets pass had to walk past all others.

-- A category's tickets. Priority needs none (`tickets_priority` begins with it), nor do tags
-- (`ticket_tags_tag`).
create index tickets_category on tickets (category_id, created_at, id)
    where deleted_at is null and category_id is not null;

-- The queue of what nobody has taken, everywhere and in a project: new tickets for the most part,
-- so that walking from the old end would pass everything.
create index tickets_unassigned on tickets (created_at, id)
    where deleted_at is null and assigned_to is null;
create index tickets_project_unassigned on tickets (project_id, created_at, id)
    where deleted_at is null and assigned_to is null;

-- What an agent filed outside the agent's projects is found in the index alone: most of what one
-- filed lies inside, and is another arm's.
create index tickets_filed_by on tickets (creator_user_id, created_at, id) include (project_id)
    where deleted_at is null and creator_user_id is not null;
drop index tickets_creator;
