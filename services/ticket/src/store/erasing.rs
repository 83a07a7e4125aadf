//! A person's data taken out of everything that this database holds: rows, outbox, kept answers.
//! Each statement finds nothing to do the second time.

use desk_bus::{
    erasure::{self, Past},
    outbox,
};
use desk_events::{AggregateKind, ERASED_NAME, ERASED_WORDS, NewEvent};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{activities, persons::Person};
use crate::{domain::Write, events::outgoing};

/// Locked tickets, and whom to erase from them.
#[derive(Debug)]
pub struct Part<'a> {
    /// Auth's id of the account.
    pub user_id: i64,
    /// The tickets without the person, by id.
    pub writes: &'a [Write],
    /// Those of which the person is the customer, by id.
    pub own: &'a [i64],
}

/// Tickets that are being erased, a column each.
#[derive(Debug, Default)]
struct Columns {
    ids: Vec<i64>,
    of_person: Vec<bool>,
    subjects: Vec<String>,
    names: Vec<String>,
    emails: Vec<String>,
    versions: Vec<i64>,
    times: Vec<OffsetDateTime>,
    said_before: Vec<i64>,
}

impl Columns {
    fn of(writes: &[Write], of_person: &[i64]) -> Self {
        let mut columns = Self::default();
        for write in writes {
            let ticket = &write.ticket;
            let entries = i64::try_from(write.entries.len()).unwrap_or(i64::MAX);
            columns.ids.push(ticket.id);
            columns
                .of_person
                .push(of_person.binary_search(&ticket.id).is_ok());
            columns.subjects.push(ticket.subject.clone());
            columns.names.push(ticket.customer_name.clone());
            columns.emails.push(ticket.customer_email.clone());
            columns.versions.push(ticket.version);
            columns.times.push(ticket.updated_at);
            columns.said_before.push(ticket.version - entries);
        }
        columns
    }

    /// The tickets of which the person is the customer.
    fn whole(&self) -> Vec<i64> {
        let both = self.ids.iter().zip(&self.of_person);
        both.filter(|(_, own)| **own).map(|(id, _)| *id).collect()
    }
}

/// Erases the person: rows first, then what was said of them, then says what they are now.
pub async fn apply(conn: &mut PgConnection, part: &Part<'_>) -> sqlx::Result<()> {
    let Part {
        user_id, writes, ..
    } = *part;
    let columns = Columns::of(writes, part.own);
    rows(conn, &columns).await?;
    let messages = words(conn, user_id, &columns).await?;
    history(conn, user_id, &columns).await?;
    answers_of(conn, &columns.whole()).await?;
    said(conn, user_id, &columns, &messages).await?;
    let past = |(id, through): (&i64, &i64)| Past {
        kind: AggregateKind::Ticket,
        id: *id,
        through: *through,
    };
    let pasts: Vec<Past> = (columns.ids.iter().zip(&columns.said_before))
        .map(past)
        .collect();
    erasure::request(&mut *conn, &pasts).await?;
    activities::insert(&mut *conn, writes, None).await?;
    let events: Vec<NewEvent> = writes
        .iter()
        .flat_map(|write| outgoing::events(write, None))
        .collect();
    outbox::append(conn, &events).await?;
    Ok(())
}

async fn rows(conn: &mut PgConnection, columns: &Columns) -> sqlx::Result<()> {
    sqlx::query!(
        "update tickets as t
         set subject = case when e.own then e.subject else t.subject end,
             description = case when e.own then $8 else description end,
             customer_name = case when e.own then e.name else customer_name end,
             customer_email = case when e.own then e.email else customer_email end,
             customer_phone = case when e.own then null else customer_phone end,
             external_customer_id = case when e.own then null else external_customer_id end,
             metadata = case when e.own then '{}' else metadata end,
             erased_at = case when e.own then e.at else erased_at end,
             version = e.version, updated_at = e.at
         from unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[], $5::text[],
                     $6::bigint[], $7::timestamptz[])
              as e (id, own, subject, name, email, version, at)
         where t.id = e.id",
        &columns.ids,
        &columns.of_person,
        &columns.subjects,
        &columns.names,
        &columns.emails,
        &columns.versions,
        &columns.times,
        ERASED_WORDS,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The person's messages with their files, the own tickets' files, and what was said of solutions;
/// answers the messages. The files' bytes go after the commit.
async fn words(conn: &mut PgConnection, user_id: i64, columns: &Columns) -> sqlx::Result<Vec<i64>> {
    let own = columns.whole();
    let messages = sqlx::query_scalar!(
        "update messages set body = $4
         where ticket_id = any($2)
           and (author_user_id = $1
                or ticket_id = any($3) and author_user_id is null and not is_agent)
         returning id",
        user_id,
        &columns.ids,
        &own,
        ERASED_WORDS,
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!(
        "with gone as (
             delete from attachments
             where message_id = any($1) or ticket_id = any($2) and message_id is null
             returning object)
         insert into unwanted_objects (object) select object from gone",
        &messages,
        &own,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update ratings set comment = null
         where comment is not null and ticket_id = any($2)
           and (user_id = $1 or ticket_id = any($3))",
        user_id,
        &columns.ids,
        &own,
    )
    .execute(conn)
    .await?;
    Ok(messages)
}

async fn history(conn: &mut PgConnection, user_id: i64, columns: &Columns) -> sqlx::Result<()> {
    sqlx::query!(
        "update activities as a set changes = impersonal(a.changes)
         from unnest($1::bigint[], $2::boolean[]) as e (id, own)
         where a.ticket_id = e.id
           and (e.own or a.actor_kind = 'user' and a.actor_id = $3)",
        &columns.ids,
        &columns.of_person,
        user_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Answers kept by Idempotency-Key: the person's, and what others were answered when they filed
/// tickets for the person, which are noted by now.
pub async fn kept_answers(conn: &mut PgConnection, person: &Person) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from idempotency_keys
         where caller = 'user:' || $1::bigint
            or call = 'POST /tickets' and answer is not null
               and (answer::jsonb #>> '{ticket,id}')::bigint in (
                   select ticket_id from erasure_tickets
                   where user_id = $1 and requester_id is not null)",
        person.user_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What others were answered when they wrote on the person's own tickets.
async fn answers_of(conn: &mut PgConnection, own: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from idempotency_keys
         where call in (select 'POST /tickets/' || id || '/messages'
                        from unnest($1::bigint[]) as own (id)
                        union all
                        select 'POST /external/tickets/' || t.number || call.name
                        from tickets t
                        cross join (values ('/reply'), ('/close')) as call (name)
                        where t.id = any($1))",
        own,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the outbox holds of these tickets. The plan is made for the values: one kept from an empty
/// outbox would scan the whole of a full one.
async fn said(
    conn: &mut PgConnection,
    user_id: i64,
    columns: &Columns,
    messages: &[i64],
) -> sqlx::Result<()> {
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        r#"update outbox as o
           set payload = o.payload
               || case when e.own then jsonb_build_object('ticket', o.payload -> 'ticket'
                      || jsonb_build_object('subject', e.subject, 'customer_name', e.name,
                                            'customer_email', e.email))
                  else '{}' end
               || case when o.payload ? 'changes'
                       and (e.own or o.payload -> 'actor' @> $8)
                  then jsonb_build_object('changes', impersonal(o.payload -> 'changes'))
                  else '{}' end
               || case when (o.payload #>> '{message,id}')::bigint = any($6)
                  then jsonb_build_object('message', o.payload -> 'message'
                      || jsonb_build_object('excerpt', $7::text))
                  else '{}' end
           from unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[], $5::text[])
                as e (id, own, subject, name, email)
           where o.aggregate_id = e.id and o.aggregate_kind = 'ticket'"#,
        &columns.ids,
        &columns.of_person,
        &columns.subjects,
        &columns.names,
        &columns.emails,
        messages,
        ERASED_WORDS,
        serde_json::json!({"kind": "user", "id": user_id}),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The requesters of the person's addresses, which are nobody's from now on, and what was said of
/// them.
pub async fn requesters(conn: &mut PgConnection, person: &Person) -> sqlx::Result<()> {
    if person.requesters.is_empty() {
        return Ok(());
    }
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "with erased as (
             update requesters
             set name = $2, email = 'erased-r' || id || '@erased.invalid', phone = null,
                 user_id = null, linked_user_id = null
             where id = any($1)
             returning id, name, email)
         update outbox as o
         set payload = o.payload
             || jsonb_build_object('name', e.name, 'email', e.email, 'phone', null)
         from erased as e
         where o.aggregate_id = e.id and o.aggregate_kind = 'requester'",
        &person.requesters,
        ERASED_NAME,
    )
    .execute(&mut *conn)
    .await?;
    let past = |id: &i64| Past {
        kind: AggregateKind::Requester,
        id: *id,
        through: i64::MAX,
    };
    let pasts: Vec<Past> = person.requesters.iter().map(past).collect();
    erasure::request(conn, &pasts).await
}

/// Texts that nobody else could use: canned responses that were never shared, and their audit.
pub async fn own_texts(conn: &mut PgConnection, person: &Person) -> sqlx::Result<()> {
    let noted = sqlx::query_scalar!(
        "with gone as (
             delete from canned_responses where owner_id = $1 and not is_shared returning id)
         update audit set changes = '[]'
         where target_kind = 'canned_response' and target_id in (select id from gone)
         returning id",
        person.user_id,
    )
    .fetch_all(&mut *conn)
    .await?;
    if noted.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update outbox set payload = payload - 'changes'
         where aggregate_id = any($1) and aggregate_kind = 'ticket_audit'",
        &noted,
    )
    .execute(&mut *conn)
    .await?;
    let past = |id: &i64| Past {
        kind: AggregateKind::TicketAudit,
        id: *id,
        through: i64::MAX,
    };
    let pasts: Vec<Past> = noted.iter().map(past).collect();
    erasure::request(conn, &pasts).await
}
