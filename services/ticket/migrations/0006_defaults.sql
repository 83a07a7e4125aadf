-- What a new desk starts with (reference, Configuration), told to the others like any change.
insert into sla_policies (name, priority, first_response_minutes, resolution_minutes) values
    ('Critical', 'critical', 15, 120),
    ('High', 'high', 60, 480),
    ('Medium', 'medium', 240, 1440),
    ('Low', 'low', 480, 4800);

insert into categories (name, color, description) values
    ('General', '#6B7280', 'Everything without a better place'),
    ('Technical Issue', '#EF4444', 'Something does not work'),
    ('Billing', '#F59E0B', 'Payments, invoices and refunds'),
    ('Account', '#3B82F6', 'Sign-in and personal data'),
    ('Feature Request', '#10B981', 'Something is missing');

insert into tags (name, color) values
    ('urgent', '#DC2626'),
    ('bug', '#7C3AED'),
    ('question', '#2563EB'),
    ('feedback', '#059669');

with seeded (kind, id, type, payload) as (
    select 'sla_policy', id, 'config.sla_policy', jsonb_build_object(
        'id', id, 'project_id', project_id, 'name', name, 'priority', priority,
        'first_response_minutes', first_response_minutes,
        'resolution_minutes', resolution_minutes,
        'pause_while_pending', pause_while_pending, 'deleted', false)
    from sla_policies
    union all
    select 'category', id, 'config.category', jsonb_build_object(
        'id', id, 'parent_id', parent_id, 'name', name, 'color', color, 'deleted', false)
    from categories
    union all
    select 'tag', id, 'config.tag', jsonb_build_object(
        'id', id, 'name', name, 'color', color, 'deleted', false)
    from tags
), said as (
    insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type, occurred_at, payload)
    select gen_random_uuid(), kind, id, 1, type, now(), payload from seeded order by kind, id
    returning day, seq
)
insert into outbox_pending (day, seq) select day, seq from said;
