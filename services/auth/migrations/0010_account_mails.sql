-- Mails about accounts: asked for here, handed to the notifier by a call, never by the bus.

-- Asked for and not handed over yet, whether or not the address has an account: finding that out
-- is not the asker's business. No token is in here; one is made when the mail is handed over.
create table account_mails (
    id uuid primary key,
    kind text not null check (kind in ('verify', 'reset')),
    -- Lower case.
    email text not null,
    requested_at timestamptz not null,
    attempts integer not null default 0,
    -- When it is tried next; moved on by whoever tries, so that replicas share the work.
    due_at timestamptz not null
);

create index account_mails_due on account_mails (due_at);

-- One-time tokens that were mailed.
create table account_tokens (
    -- SHA-256 of the token, which itself is nowhere but in the mail.
    digest bytea primary key,
    mail_id uuid not null,
    user_id bigint not null references users,
    kind text not null check (kind in ('verify', 'reset')),
    -- Where it went. Once the account has another address it is good for nothing.
    email text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

-- An account's: to count the hour's mails and to void what is left.
create index account_tokens_user on account_tokens (user_id, created_at);

-- For the sweeper.
create index account_tokens_expires on account_tokens (expires_at);

-- Forgotten passwords are counted by address as registrations are.
alter table attempts drop constraint attempts_kind_check;
alter table attempts add constraint attempts_kind_check
    check (kind in ('login', 'register', 'forgot'));
