-- Erasing a person from tickets.

-- Since when the ticket tells nothing of its customer any more.
alter table tickets add column erased_at timestamptz;

-- Changes as the history and events tell them, without what people wrote: a field that is not known
-- to be harmless keeps its name alone.
create function impersonal(changes jsonb) returns jsonb
language sql immutable parallel safe
return (
    select coalesce(jsonb_agg(
               case when change ->> 'field' in (
                        'status', 'priority', 'assigned_to', 'category_id', 'tags', 'watching',
                        'watchers', 'rating', 'deleted', 'message_id',
                        'first_response_breached', 'resolution_breached')
                   then change
                   else jsonb_build_object('field', change -> 'field', 'from', null, 'to', null)
               end order by place), '[]')
    from jsonb_array_elements(changes) with ordinality as c (change, place));
