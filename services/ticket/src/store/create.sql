-- Files tickets: number, requester, ticket, tags, activity, outbox, pending and the answer of
-- a keyed call at once. See `create.rs` for what it takes and why it may leave tickets out.
with input as materialized (
    select i.*, p.prefix, nextval('tickets_id_seq') as id,
           extract(year from i.created_at at time zone 'utc')::integer as year
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[], $8::text[], $9::text[], $10::jsonb[], $11::bigint[],
                $12::bigint[], $13::text[], $14::jsonb[], $15::timestamptz[],
                $16::timestamptz[], $17::timestamptz[], $18::text[], $19::bigint[],
                $20::jsonb[], $21::uuid[], $22::uuid[], $23::bigint[], $24::text[],
                $25::text[], $26::text[], $27::text[], $28::text[], $29::bytea[],
                $30::text[]) with ordinality
         as i (project_id, subject, description, priority, source, customer_name,
               customer_email, customer_phone, external_customer_id, metadata,
               creator_user_id, category_id, tags, sla_policy, first_response_due_at,
               resolution_due_at, created_at, actor_kind, actor_id, event, event_id,
               requester_event_id, configuration, traceparent, request_id, caller, call,
               key, digest, answer, place)
    join replica_projects p on p.id = i.project_id and p.is_active and not p.deleted
    where exists (select from configuration c where c.version = i.configuration)
      -- A subquery of its own for each: never a scan of all keys.
      and case when i.key is null then true else (
              select true from idempotency_keys k
              where k.caller = i.caller and k.call = i.call and k.key = i.key
          ) is null end
), known as (
    select id, email, user_id from requesters where email = any ($7)
), added as (
    insert into requesters (email, name, phone, user_id)
    select distinct on (i.customer_email)
           i.customer_email, i.customer_name, i.customer_phone,
           (select u.id from replica_users u
            where u.email = i.customer_email and u.role = 'customer' and not u.deleted
            limit 1)
    from input i
    where not exists (select from known k where k.email = i.customer_email)
    order by i.customer_email, i.place
    on conflict (email) do nothing
    returning id, email, name, phone, user_id
), requester as (
    select id, email, user_id from known
    union all
    select id, email, user_id from added
), resolved as (
    select i.*, r.id as requester_id, r.user_id as requester_user_id
    from input i
    join requester r on r.email = i.customer_email
), counter as (
    insert into ticket_counters as c (project_id, year, last)
    select project_id, year, count(*) from resolved group by 1, 2 order by 1, 2
    on conflict (project_id, year) do update set last = c.last + excluded.last
    returning project_id, year, last
), numbered as (
    select i.*, ticket_number(i.prefix, i.year, c.last
               - count(*) over (partition by i.project_id, i.year)
               + row_number() over (partition by i.project_id, i.year order by i.place))
               as number
    from resolved i
    join counter c on c.project_id = i.project_id and c.year = i.year
), ticket as (
    insert into tickets (id, number, project_id, subject, description, status, priority,
        source, customer_name, customer_email, customer_phone, external_customer_id,
        metadata, creator_user_id, requester_id, category_id, sla_policy,
        first_response_due_at, resolution_due_at, last_activity_at, created_at,
        updated_at)
    select id, number, project_id, subject, description, 'open', priority,
        source, customer_name, customer_email, customer_phone, external_customer_id,
        metadata, creator_user_id, requester_id, category_id, sla_policy,
        first_response_due_at, resolution_due_at, created_at, created_at, created_at
    from numbered
), tagged as (
    insert into ticket_tags (ticket_id, tag_id, project_id, filed_at)
    select id, unnest(tags::bigint[]), project_id, created_at from numbered
), activity as (
    insert into activities (ticket_id, type, actor_kind, actor_id, changes, created_at)
    select id, 'created', actor_kind, actor_id,
           '[{"field": "status", "from": null, "to": "open"}]', created_at
    from numbered
), said as (
    insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type, version,
                        occurred_at, traceparent, request_id, payload)
    select event_id, aggregate_kind, aggregate_id, 1, type, 1, occurred_at, traceparent,
           request_id, payload
    from (
        select i.requester_event_id as event_id, $31::text as aggregate_kind,
               a.id as aggregate_id, $32::text as type, i.created_at as occurred_at,
               i.traceparent, i.request_id,
               jsonb_build_object('id', a.id, 'name', a.name, 'email', a.email,
                                  'phone', a.phone) as payload, i.place, 1 as turn
        from added a
        join lateral (select * from input where customer_email = a.email
                      order by place limit 1) i on true
        union all
        select event_id, $33::text, id, $34::text, created_at, traceparent, request_id,
               jsonb_set(event, '{ticket}', event -> 'ticket' || jsonb_build_object(
                   'id', id, 'number', number,
                   'creator_id', coalesce(creator_user_id, requester_user_id))),
               place, 2
        from numbered
    ) as facts
    order by place, turn
    returning day, seq
), pending as (
    insert into outbox_pending (day, seq) select day, seq from said
), answered as (
    -- No "on conflict": a key that another call took meanwhile undoes everything.
    insert into idempotency_keys (caller, call, key, digest, status, answer, created_at)
    select caller, call, key, digest, 201,
           replace(replace(answer, $35::text, number), $36::text, id::text), created_at
    from numbered
    where key is not null
    order by caller, call, key
)
select place as "place!", id as "id!", number as "number!" from numbered order by place
