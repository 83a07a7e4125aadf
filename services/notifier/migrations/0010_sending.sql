-- Deliveries are sent: what each tells, how often it was tried, when it is due next.
alter table deliveries
    -- What it tells: 'reply', 'assignment', 'status_change', 'due_soon', 'breach' of a ticket,
    -- 'verify' or 'reset' of an account.
    add column kind text not null default 'reply',
    -- Who did it, by user id: nobody is told of what they did themselves.
    add column actor_id bigint,
    -- Name of whoever is told by address (personal).
    add column name text,
    -- What else it tells, by kind. An account's link is in here, and goes as soon as it is sent.
    add column detail jsonb,
    -- No longer sent after this.
    add column expires_at timestamptz,
    -- Digest of the address that it went to: no two of an event go to the same one.
    add column addressed_to bytea,
    -- How often it was claimed for sending.
    add column attempts integer not null default 0,
    -- Not claimed before this: the wait after a failure, or the lease of whoever is sending it.
    add column next_at timestamptz not null default now(),
    -- Why the last attempt failed, or why nobody is told (personal: a server may quote an address).
    add column error text,
    -- When it was sent, dropped or given up.
    add column ended_at timestamptz,
    -- An account's mail is about no ticket; words go when they were sent.
    alter column ticket_id drop not null,
    alter column project_id drop not null,
    alter column ticket_number drop not null,
    alter column message_id drop not null,
    alter column subject drop not null,
    alter column excerpt drop not null,
    add constraint deliveries_state check (state in ('queued', 'sent', 'dropped', 'dead'));

-- The release before queued and never sent: nobody wants yesterday's news.
update deliveries set state = 'dropped', excerpt = null, ended_at = now()
where occurred_at < now() - interval '1 day';

-- Claim: what is due, the longest waiting first.
create index deliveries_due on deliveries (next_at, id) where state = 'queued';
-- Dead letters: listed and replayed, the newest first.
create index deliveries_dead on deliveries (id) where state = 'dead';
-- Sweep: what ended long ago.
create index deliveries_ended on deliveries (ended_at) where ended_at is not null;
-- Address: nobody gets two mails of one event, whatever they are told as.
create unique index deliveries_addressed on deliveries (event_id, addressed_to)
where addressed_to is not null;
-- Account mails: the same id again queues nothing, whatever address comes with it.
create unique index deliveries_account on deliveries (event_id) where kind in ('verify', 'reset');
