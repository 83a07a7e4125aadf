-- Sending goes on with the trace of what is told.
alter table deliveries
    -- W3C `traceparent` of the event; none of an account's mail, and of what the release before queued.
    add column traceparent text;
