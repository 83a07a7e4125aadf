-- Two indexes less to write at every create and change: what finds a number or an address as a whole
-- can also find what begins with some letters, given the operators of patterns, which compare bytes
-- as the language of the database might not.

-- One number is one ticket's; what is deleted is told by the index alone.
create unique index tickets_number on tickets (number text_pattern_ops) include (deleted_at);
alter table tickets drop constraint tickets_number_key;
drop index tickets_number_prefix;

-- What was filed for an address, in the order of filing, told by the index alone: for a customer, for
-- a search of addresses, and for who may see it.
create index tickets_address on tickets (customer_email text_pattern_ops, created_at, id)
    include (creator_user_id, project_id)
    where deleted_at is null;
drop index tickets_email;
drop index tickets_email_prefix;
