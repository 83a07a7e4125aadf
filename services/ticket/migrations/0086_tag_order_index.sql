-- A page of an agent's list of one tag: a page's worth of each project.
create index ticket_tags_filed on ticket_tags (tag_id, project_id, filed_at, ticket_id);
