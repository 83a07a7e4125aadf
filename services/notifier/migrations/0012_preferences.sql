-- What people do not want by mail; who has no row wants everything.
create table preferences (
    user_id bigint primary key,
    -- Kinds of deliveries.
    muted text[] not null
);
