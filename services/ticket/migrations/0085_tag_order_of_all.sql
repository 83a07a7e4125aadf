-- What 0084 adds, for the tags that were there before. By itself, so that nobody who reads tags
-- waits for it.
update ticket_tags tt
set project_id = t.project_id, filed_at = t.created_at
from tickets t
where t.id = tt.ticket_id and tt.filed_at is null;
