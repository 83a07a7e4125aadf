-- What belongs to a person, for exports and erasures.

-- The account that the requester was last linked to. Outlives the account's deletion and a change
-- of its address, which unlink them.
alter table requesters add column linked_user_id bigint;
update requesters set linked_user_id = user_id where user_id is not null;
-- Export, erase: an account's requesters.
create index requesters_linked on requesters (linked_user_id) where linked_user_id is not null;

create function remember_link() returns trigger
language plpgsql as $$
begin
    new.linked_user_id := new.user_id;
    return new;
end
$$;

create trigger remember_link before insert or update of user_id on requesters
    for each row when (new.user_id is not null) execute function remember_link();

-- Export, erase: what an account wrote.
create index messages_author on messages (author_user_id, id) where author_user_id is not null;
-- Erase: what an account said of solutions.
create index ratings_user on ratings (user_id);
