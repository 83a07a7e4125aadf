-- These wait for their first reply, one due every so many microseconds from a moment on.
update tickets t
set status = 'open', resolved_at = null, closed_at = null, ever_resolved = false,
    first_response_at = null, first_response_ended = false, first_response_breached = false,
    first_response_due_at = $2::timestamptz + (place - 1) * $3 * interval '1 microsecond',
    deadline_generation = 1
from unnest($1::bigint[]) with ordinality as w (id, place)
where t.id = w.id
