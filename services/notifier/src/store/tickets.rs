//! The newest that is known of each ticket.

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool, types::Json};

use crate::domain::Ticket;

/// Keeps states that are newer than what is there; none of a ticket that is gone for good.
pub(crate) async fn keep(conn: &mut PgConnection, tickets: &[Ticket]) -> sqlx::Result<()> {
    let mut newest: HashMap<i64, &Ticket> = HashMap::new();
    for ticket in tickets {
        let known = newest.entry(ticket.id).or_insert(ticket);
        if known.sequence < ticket.sequence {
            *known = ticket;
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<&Ticket> = newest.into_values().collect();
    rows.sort_unstable_by_key(|ticket| ticket.id);
    sqlx::query!(
        "insert into tickets (id, sequence, project_id, number, subject, customer_name,
                              customer_email, assigned_to, creator_id, watchers, deleted,
                              deadline_generation, first_response_open, resolution_open)
         select q.*
         from jsonb_to_recordset($1)
              as q (id bigint, sequence bigint, project_id bigint, number text, subject text,
                    customer_name text, customer_email text, assigned_to bigint,
                    creator_id bigint, watchers bigint[], deleted boolean,
                    deadline_generation integer, first_response_open boolean,
                    resolution_open boolean)
         where not exists (select from purged_tickets p where p.id = q.id)
         on conflict (id) do update
         set sequence = excluded.sequence, project_id = excluded.project_id,
             number = excluded.number, subject = excluded.subject,
             customer_name = excluded.customer_name, customer_email = excluded.customer_email,
             assigned_to = excluded.assigned_to, creator_id = excluded.creator_id,
             watchers = excluded.watchers, deleted = excluded.deleted,
             deadline_generation = excluded.deadline_generation,
             first_response_open = excluded.first_response_open,
             resolution_open = excluded.resolution_open
         where tickets.sequence < excluded.sequence",
        Json(&rows) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One ticket.
pub(crate) async fn find(db: &PgPool, id: i64) -> sqlx::Result<Option<Ticket>> {
    sqlx::query_as!(
        Ticket,
        "select id, sequence, project_id, number, subject, customer_name, customer_email,
                assigned_to, creator_id, watchers, deleted, deadline_generation,
                first_response_open, resolution_open
         from tickets where id = $1",
        id,
    )
    .fetch_optional(db)
    .await
}

/// Some tickets, by id.
pub(crate) async fn find_all(
    conn: &mut PgConnection,
    ids: &[i64],
) -> sqlx::Result<HashMap<i64, Ticket>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = sqlx::query_as!(
        Ticket,
        "select id, sequence, project_id, number, subject, customer_name, customer_email,
                assigned_to, creator_id, watchers, deleted, deadline_generation,
                first_response_open, resolution_open
         from tickets where id = any($1)",
        ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(found
        .into_iter()
        .map(|ticket| (ticket.id, ticket))
        .collect())
}
