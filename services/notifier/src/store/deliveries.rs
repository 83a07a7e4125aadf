//! What has to be told to whom.

use desk_events::ActorKind;
use desk_http::{Paging, Timestamp};
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Delivery, Recipient};

/// A delivery and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptDelivery {
    /// Delivery id.
    id: i64,
    /// The event it tells of.
    #[schema(value_type = String, format = "uuid")]
    event_id: Uuid,
    /// What it tells.
    #[schema(example = "reply")]
    kind: String,
    /// To a portal user, by id.
    user_id: Option<i64>,
    /// To a customer, by address.
    email: Option<String>,
    /// Ticket id.
    ticket_id: Option<i64>,
    /// The ticket's project.
    project_id: Option<i64>,
    /// The ticket's number.
    #[schema(example = "NAIJ-2024-00043")]
    ticket_number: Option<String>,
    /// The message it tells of.
    message_id: Option<i64>,
    /// The ticket's subject.
    subject: Option<String>,
    /// The beginning of the message, until it is sent.
    excerpt: Option<String>,
    /// When it happened.
    occurred_at: Timestamp,
    /// How far it is: `queued`, `sent`, `dropped` or `dead`.
    #[schema(example = "queued")]
    state: String,
    /// How often it was tried.
    attempts: i32,
    /// Why the last attempt failed, or why nobody is told.
    error: Option<String>,
}

/// One array per column: a whole batch is one statement.
#[derive(Default)]
struct Columns<'a> {
    events: Vec<Uuid>,
    kinds: Vec<&'static str>,
    users: Vec<Option<i64>>,
    emails: Vec<Option<&'a str>>,
    actors: Vec<Option<i64>>,
    tickets: Vec<i64>,
    projects: Vec<i64>,
    numbers: Vec<&'a str>,
    messages: Vec<Option<i64>>,
    subjects: Vec<&'a str>,
    excerpts: Vec<Option<&'a str>>,
    details: Vec<Option<Value>>,
    times: Vec<OffsetDateTime>,
    traces: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, delivery: &Delivery<'a>) -> serde_json::Result<()> {
        let (user, email) = match delivery.recipient {
            Recipient::User(id) => (Some(id), None),
            Recipient::Customer(address) => (None, Some(address)),
        };
        let (actor, message) = (delivery.actor, delivery.message);
        let detail = delivery.detail.as_ref();
        self.events.push(delivery.event_id);
        self.kinds.push(delivery.kind.as_str());
        self.users.push(user);
        self.emails.push(email);
        self.actors
            .push(actor.id.filter(|_| actor.kind == ActorKind::User));
        self.tickets.push(delivery.about.id);
        self.projects.push(delivery.about.project_id);
        self.numbers.push(delivery.about.number);
        self.messages.push(message.map(|message| message.id));
        self.subjects.push(delivery.about.subject);
        self.excerpts
            .push(message.map(|message| message.excerpt.as_str()));
        self.details
            .push(detail.map(serde_json::to_value).transpose()?);
        self.times.push(delivery.occurred_at);
        self.traces.push(delivery.traceparent);
        Ok(())
    }
}

/// Queues deliveries, each once: not again for an event that came before, not to the actor's own
/// address, not about a ticket that is gone for good. That a status changed is not told to whom
/// the very change that moved it is told already (a reply, an assignment).
pub(crate) async fn queue(
    conn: &mut PgConnection,
    deliveries: &[Delivery<'_>],
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    for delivery in deliveries {
        columns.push(delivery)?;
    }
    sqlx::query!(
        "with q as (
             select *
             from unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[],
                         $6::bigint[], $7::text[], $8::bigint[], $9::text[], $10::text[],
                         $11::timestamptz[], $12::text[], $13::jsonb[], $15::text[])
                  as q (event_id, user_id, email, actor_id, ticket_id, project_id, ticket_number,
                        message_id, subject, excerpt, occurred_at, kind, detail,
                        traceparent)),
         told as (
             select ticket_id, occurred_at, user_id, email from q where kind <> 'status_change'
             union all
             select d.ticket_id, d.occurred_at, d.user_id, d.email
             from deliveries d
             where d.ticket_id = any($5) and d.kind <> 'status_change')
         insert into deliveries (event_id, user_id, email, actor_id, ticket_id, project_id,
                                 ticket_number, message_id, subject, excerpt, occurred_at, kind,
                                 detail, traceparent, next_at)
         select q.event_id, q.user_id, q.email, q.actor_id, q.ticket_id, q.project_id,
                q.ticket_number, q.message_id, q.subject, q.excerpt, q.occurred_at, q.kind,
                q.detail, q.traceparent, $14
         from q
         where not exists (select from purged_tickets p where p.id = q.ticket_id)
           and not exists (select from replica_users u
                           where u.id = q.actor_id and u.email = q.email)
           and not (q.kind = 'status_change'
                    and exists (select from told t
                                where t.ticket_id = q.ticket_id and t.occurred_at = q.occurred_at
                                  and t.user_id is not distinct from q.user_id
                                  and t.email is not distinct from q.email))
         order by q.event_id
         on conflict (event_id, user_id, email) do nothing",
        &columns.events,
        &columns.users as &[Option<i64>],
        &columns.emails as &[Option<&str>],
        &columns.actors as &[Option<i64>],
        &columns.tickets,
        &columns.projects,
        &columns.numbers as &[&str],
        &columns.messages as &[Option<i64>],
        &columns.subjects as &[&str],
        &columns.excerpts as &[Option<&str>],
        &columns.times,
        &columns.kinds as &[&str],
        &columns.details as &[Option<Value>],
        now,
        &columns.traces as &[Option<&str>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many deliveries there are about a ticket.
pub(crate) async fn count(db: &PgPool, ticket_id: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from deliveries where ticket_id = $1"#,
        ticket_id,
    )
    .fetch_one(db)
    .await
}

/// A page of the deliveries about a ticket, the newest first.
pub(crate) async fn page(
    db: &PgPool,
    ticket_id: i64,
    paging: Paging,
) -> sqlx::Result<Vec<KeptDelivery>> {
    sqlx::query_as!(
        KeptDelivery,
        r#"select id, event_id, kind, user_id, email, ticket_id, project_id, ticket_number,
                  message_id, subject, excerpt, occurred_at as "occurred_at: Timestamp", state,
                  attempts, error
           from deliveries where ticket_id = $1 order by id desc limit $2 offset $3"#,
        ticket_id,
        paging.per_page,
        paging.offset(),
    )
    .fetch_all(db)
    .await
}
