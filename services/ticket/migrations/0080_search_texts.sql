-- What is searched, in a table of its own.
--
-- A search that many tickets match is counted to ten thousand, and each match was a page of
-- `tickets`, whose rows are long: most of its time. Here eighty lie on a page, already in small
-- letters, with what tells who may see them and when they were filed, so that a search without other
-- filters is answered from here alone.
--
-- It also takes the index out of the way of everybody who changes a ticket: a reply or a new status
-- writes a new version of the row into every index of `tickets`, this one with thirty triples of
-- letters; now only a new subject does.

create table ticket_texts (
    -- The ticket's, as are the columns up to the text.
    id bigint primary key,
    project_id bigint not null,
    creator_user_id bigint,
    created_at timestamptz not null,
    deleted_at timestamptz,
    -- Subject and number, in small letters.
    text text not null
);

-- The database itself keeps it: no write path can forget, not that of the release before either.
create function text_filed_tickets() returns trigger
language plpgsql as $$
begin
    insert into ticket_texts (id, project_id, creator_user_id, created_at, deleted_at, text)
    select id, project_id, creator_user_id, created_at, deleted_at,
           lower(subject || E'\n' || number)
    from filed;
    return null;
end
$$;

create function text_changed_ticket() returns trigger
language plpgsql as $$
begin
    update ticket_texts
    set project_id = new.project_id, creator_user_id = new.creator_user_id,
        created_at = new.created_at, deleted_at = new.deleted_at,
        text = lower(new.subject || E'\n' || new.number)
    where id = new.id;
    return null;
end
$$;

create function text_removed_tickets() returns trigger
language plpgsql as $$
begin
    delete from ticket_texts where id in (select id from removed);
    return null;
end
$$;

create trigger text_filed after insert on tickets
    referencing new table as filed
    for each statement execute function text_filed_tickets();
create trigger text_changed after update on tickets
    for each row
    when ((old.project_id, old.creator_user_id, old.created_at, old.deleted_at, old.subject,
           old.number)
          is distinct from
          (new.project_id, new.creator_user_id, new.created_at, new.deleted_at, new.subject,
           new.number))
    execute function text_changed_ticket();
create trigger text_removed after delete on tickets
    referencing old table as removed
    for each statement execute function text_removed_tickets();

insert into ticket_texts (id, project_id, creator_user_id, created_at, deleted_at, text)
select id, project_id, creator_user_id, created_at, deleted_at, lower(subject || E'\n' || number)
from tickets
order by id;

-- Substrings of three letters and more.
create index ticket_texts_search on ticket_texts using gin (text gin_trgm_ops);
drop index tickets_search;

analyze ticket_texts;
