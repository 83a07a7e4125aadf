//! What has to be told to whom.

use desk_events::ActorKind;
use desk_http::{Paging, Timestamp};
use serde::Serialize;
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
    /// To a colleague, by user id.
    user_id: Option<i64>,
    /// To a customer, by address.
    email: Option<String>,
    /// Ticket id.
    ticket_id: i64,
    /// The ticket's project.
    project_id: i64,
    /// The ticket's number.
    #[schema(example = "NAIJ-2024-00043")]
    ticket_number: String,
    /// The message it tells of.
    message_id: i64,
    /// The ticket's subject.
    subject: String,
    /// The beginning of the message.
    excerpt: String,
    /// When the message was written.
    occurred_at: Timestamp,
    /// How far it is.
    #[schema(example = "queued")]
    state: String,
}

/// One array per column: a whole batch is one statement.
#[derive(Default)]
struct Columns<'a> {
    events: Vec<Uuid>,
    users: Vec<Option<i64>>,
    emails: Vec<Option<&'a str>>,
    actors: Vec<Option<i64>>,
    tickets: Vec<i64>,
    projects: Vec<i64>,
    numbers: Vec<&'a str>,
    messages: Vec<i64>,
    subjects: Vec<&'a str>,
    excerpts: Vec<&'a str>,
    times: Vec<OffsetDateTime>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, delivery: &Delivery<'a>) {
        let (user, email) = match delivery.recipient {
            Recipient::Staff(id) => (Some(id), None),
            Recipient::Customer(address) => (None, Some(address)),
        };
        let actor = delivery.actor;
        self.events.push(delivery.event_id);
        self.users.push(user);
        self.emails.push(email);
        self.actors
            .push(actor.id.filter(|_| actor.kind == ActorKind::User));
        self.tickets.push(delivery.ticket.id);
        self.projects.push(delivery.ticket.project_id);
        self.numbers.push(&delivery.ticket.number);
        self.messages.push(delivery.message.id);
        self.subjects.push(&delivery.ticket.subject);
        self.excerpts.push(&delivery.message.excerpt);
        self.times.push(delivery.occurred_at);
    }
}

/// Queues deliveries, each once: not again for an event that came before, not to the actor's own
/// address, not about a ticket that is gone for good.
pub(crate) async fn queue(
    conn: &mut PgConnection,
    deliveries: &[Delivery<'_>],
) -> sqlx::Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    for delivery in deliveries {
        columns.push(delivery);
    }
    sqlx::query!(
        "insert into deliveries (event_id, user_id, email, ticket_id, project_id, ticket_number,
                                 message_id, subject, excerpt, occurred_at)
         select q.event_id, q.user_id, q.email, q.ticket_id, q.project_id, q.ticket_number,
                q.message_id, q.subject, q.excerpt, q.occurred_at
         from unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[],
                     $6::bigint[], $7::text[], $8::bigint[], $9::text[], $10::text[],
                     $11::timestamptz[])
              as q (event_id, user_id, email, actor_id, ticket_id, project_id, ticket_number,
                    message_id, subject, excerpt, occurred_at)
         where not exists (select from purged_tickets p where p.id = q.ticket_id)
           and not exists (select from replica_users u
                           where u.id = q.actor_id and u.email = q.email)
         order by q.event_id
         on conflict (event_id, user_id, email) do nothing",
        &columns.events,
        &columns.users as &[Option<i64>],
        &columns.emails as &[Option<&str>],
        &columns.actors as &[Option<i64>],
        &columns.tickets,
        &columns.projects,
        &columns.numbers as &[&str],
        &columns.messages,
        &columns.subjects as &[&str],
        &columns.excerpts as &[&str],
        &columns.times,
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
        r#"select id, event_id, user_id, email, ticket_id, project_id, ticket_number, message_id,
                  subject, excerpt, occurred_at as "occurred_at: Timestamp", state
           from deliveries where ticket_id = $1 order by id desc limit $2 offset $3"#,
        ticket_id,
        paging.per_page,
        paging.offset(),
    )
    .fetch_all(db)
    .await
}
