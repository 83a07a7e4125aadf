//! A connection of the pool for work that may be given up half-way.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};

/// A connection that is closed when it is dropped, unless [`Lent::give_back`] was called. One that
/// goes back to its pool while its transaction begins stays inside that transaction, unseen (sqlx
/// 4385): what its next user writes is answered and never committed.
pub(crate) struct Lent {
    connection: PoolConnection<Postgres>,
    came_to_an_end: bool,
}

impl Lent {
    pub(crate) async fn by(pool: &PgPool) -> sqlx::Result<Self> {
        Ok(Self {
            connection: pool.acquire().await?,
            came_to_an_end: false,
        })
    }

    /// Back to the pool: what was begun on it has ended, well or badly.
    pub(crate) fn give_back(mut self) {
        self.came_to_an_end = true;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.came_to_an_end {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use sqlx::{Connection as _, postgres::PgPoolOptions};

    use super::*;

    async fn pool_of_one() -> PgPool {
        let url = std::env::var("SUPPORTDESK_TEST_PG_URL").expect("SUPPORTDESK_TEST_PG_URL");
        let pool = PgPoolOptions::new().max_connections(1);
        pool.connect(&url).await.unwrap()
    }

    /// The server's process behind the pool's connection, and whether a transaction is open there:
    /// the time stands still in one.
    async fn process(pool: &PgPool) -> (i32, bool) {
        let sql = "select pg_backend_pid(), now()::text";
        let (first, began): (i32, String) = sqlx::query_as(sql).fetch_one(pool).await.unwrap();
        let (second, now): (i32, String) = sqlx::query_as(sql).fetch_one(pool).await.unwrap();
        assert_eq!(first, second);
        (first, began == now)
    }

    #[tokio::test]
    async fn a_transaction_given_up_while_it_begins_is_not_handed_on() {
        let pool = pool_of_one().await;
        let (before, _) = process(&pool).await;
        let mut caught_half_way = false;
        for _ in 0..1_000 {
            let mut lent = Lent::by(&pool).await.unwrap();
            // An answer that is there within the first poll leaves nothing to give up.
            if lent.begin().now_or_never().is_none() {
                caught_half_way = true;
                break;
            }
            lent.give_back();
        }
        assert!(caught_half_way, "begun at once, a thousand times");
        let (after, in_transaction) = process(&pool).await;
        assert!(!in_transaction);
        assert_ne!(after, before, "the same connection");
    }

    #[tokio::test]
    async fn what_came_to_an_end_goes_back_to_the_pool() {
        let pool = pool_of_one().await;
        let (before, _) = process(&pool).await;
        let mut lent = Lent::by(&pool).await.unwrap();
        let unfinished = lent.begin().await.unwrap();
        drop(unfinished);
        lent.give_back();
        assert_eq!(process(&pool).await, (before, false));
    }
}
