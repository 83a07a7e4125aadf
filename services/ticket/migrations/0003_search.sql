-- Substring search over subject, number and e-mail. One index over all three: each more would
-- cost every create again. The expression is repeated word for word by the list query.
create extension if not exists pg_trgm;

create index tickets_search on tickets
    using gin (lower(subject || E'\n' || number || E'\n' || customer_email) gin_trgm_ops);

-- Searches of one or two characters: number or e-mail by prefix.
create index tickets_number_prefix on tickets (lower(number) text_pattern_ops);
create index tickets_email_prefix on tickets (customer_email text_pattern_ops);
