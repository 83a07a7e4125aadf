-- What limits count: failed logins and registrations, for as long as their window is.

create table attempts (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('login', 'register')),
    -- An IPv4 address or an IPv6 /64.
    address inet not null,
    -- SHA-256 of the lower-case address that was tried, whether or not it has an account.
    account bytea,
    at timestamptz not null
);

-- By address (100 failed logins, 60 registrations).
create index attempts_address on attempts (kind, address, at desc);

-- By account, and by account and address, of which a window holds few.
create index attempts_account on attempts (account, at desc) where account is not null;

-- What is older than every window, for the sweeper.
create index attempts_at on attempts (at);

-- Where an account has signed in from: there the limit per account does not lock its owner out.
create table login_addresses (
    user_id bigint not null references users,
    address inet not null,
    last_used_at timestamptz not null,
    primary key (user_id, address)
);

-- Long unused ones, for the sweeper.
create index login_addresses_last_used on login_addresses (last_used_at);
