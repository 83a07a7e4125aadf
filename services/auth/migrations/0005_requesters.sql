-- Requesters that auth has heard of. An event comes again when the stream is made anew; an account
-- that was deleted or erased meanwhile must not come back with it.
create table heard_requesters (
    id bigint primary key
);
