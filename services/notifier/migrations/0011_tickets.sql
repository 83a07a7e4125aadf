-- What is known of a ticket, by its newest event: whom it concerns when a mail is sent.
create table tickets (
    id bigint primary key,
    sequence bigint not null,
    project_id bigint not null,
    number text not null,
    -- Personal.
    subject text not null,
    customer_name text not null,
    customer_email text not null,
    assigned_to bigint,
    creator_id bigint,
    watchers bigint[] not null,
    deleted boolean not null,
    -- Of which generation the deadlines are, and which clocks run.
    deadline_generation integer not null,
    first_response_open boolean not null,
    resolution_open boolean not null
);
