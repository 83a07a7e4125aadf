-- The same, as the SLA worker keeps them.
update deadlines d
set due_at = $2::timestamptz + (place - 1) * $3 * interval '1 microsecond'
from unnest($1::bigint[]) with ordinality as w (id, place)
where d.ticket_id = w.id and d.metric = 'first_response'
