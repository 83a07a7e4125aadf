-- Addresses are searched where each is kept once, instead of on every ticket: a desk has eight times
-- fewer customers than tickets, so the index reads that much less (a name among a million tickets: 9
-- ms, most of it long lists of triples of letters; 2 ms now). A ticket's address is its requester's. The
-- index over tickets, and what a create pays for it, shrinks by the address. The expressions are
-- repeated word for word by the list query.
create index requesters_search on requesters using gin (email gin_trgm_ops);

drop index tickets_search;
create index tickets_search on tickets
    using gin (lower(subject || E'\n' || number) gin_trgm_ops);
