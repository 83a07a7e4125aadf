//! The customers: those with an account first, who write most, then invented ones.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use sqlx::{FromRow, PgConnection};

use crate::{
    invent::Inventor,
    random::Random,
    tables::{Requester, Tables},
    words,
};

/// By their place.
#[derive(Debug)]
pub struct Requesters(Vec<Requester>);

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    email: String,
    user_id: Option<i64>,
    fresh: bool,
}

impl Requesters {
    /// Adds those that are not there yet, each with its event where events are wanted.
    ///
    /// # Errors
    /// The database's.
    pub async fn add(
        conn: &mut PgConnection,
        inventor: &Inventor<'_>,
        mut events: Option<&mut Tables>,
    ) -> Result<Self> {
        let people = people(inventor);
        let (names, emails): (Vec<&str>, Vec<&str>) = people
            .iter()
            .map(|(name, email, _)| (name.as_str(), email.as_str()))
            .unzip();
        let users: Vec<Option<i64>> = people.iter().map(|(_, _, user)| *user).collect();
        let rows: Vec<Row> = sqlx::query_as(
            "with wanted as materialized (
                 select * from unnest($1::text[], $2::text[], $3::bigint[]) as w (name, email, user_id)
             ), added as (
                 insert into requesters (name, email, user_id)
                 select name, email, user_id from wanted
                 on conflict (email) do nothing
                 returning id, name, email, user_id
             )
             select id, name, email, user_id, true as fresh from added
             union all
             select r.id, r.name, r.email, r.user_id, false
             from requesters r where r.email in (select email from wanted)",
        )
        .bind(&names)
        .bind(&emails)
        .bind(&users)
        .fetch_all(conn)
        .await?;
        if let Some(tables) = &mut events {
            for row in rows.iter().filter(|row| row.fresh) {
                tables.requester(&row.requester(), inventor.until);
            }
        }
        let mut by_email: HashMap<String, Requester> = rows
            .into_iter()
            .map(|row| (row.email.clone(), row.requester()))
            .collect();
        let in_order = emails.iter().map(|email| {
            by_email
                .remove(*email)
                .with_context(|| format!("{email} was not added"))
        });
        Ok(Self(in_order.collect::<Result<_>>()?))
    }

    /// The one in this place.
    pub fn of(&self, place: usize) -> &Requester {
        &self.0[place]
    }
}

impl Row {
    fn requester(&self) -> Requester {
        Requester {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
            user_id: self.user_id,
        }
    }
}

/// Name, e-mail and account of each.
fn people(inventor: &Inventor<'_>) -> Vec<(String, String, Option<i64>)> {
    let accounts = &inventor.world.accounts;
    (0..inventor.customers())
        .map(|place| {
            if let Some(account) = accounts.get(place) {
                let (name, email) = (account.name.clone(), account.email.clone());
                return (name, email, Some(account.id));
            }
            let mut random = Random::of(inventor.seed ^ 2, place as u64);
            let (name, email) = words::customer(&mut random, place);
            (name, email, None)
        })
        .collect()
}

/// The last event in the outbox.
///
/// # Errors
/// The database's.
pub async fn last_said(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coalesce(max(seq), 0) from outbox")
        .fetch_one(conn)
        .await
}

/// Queues every event since then for the relay; what others said meanwhile is queued already.
///
/// # Errors
/// The database's.
pub async fn queue_since(conn: &mut PgConnection, seq: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into outbox_pending (day, seq)
         select day, seq from outbox where seq > $1
         on conflict do nothing",
    )
    .bind(seq)
    .execute(conn)
    .await?;
    Ok(())
}
