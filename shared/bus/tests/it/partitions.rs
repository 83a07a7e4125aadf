//! Partitions: made ahead and dropped by the service's role, which has no DDL itself.

use sqlx::{PgConnection, PgPool};

use crate::desk::{Desk, count, eventually};

const ROLE: &str = "bus_it_app";

async fn names(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'outbox'::regclass
         order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// A partition of a past day.
async fn past_partition(pool: &PgPool, day: &'static str, name: &'static str) {
    let create = format!(
        "create table {name} (like outbox including all excluding identity);
         alter table outbox attach partition {name}
             for values from (date '{day}') to (date '{day}' + 1);"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(create))
        .execute(pool)
        .await
        .unwrap();
}

/// A row of a past day; queued when asked.
async fn past_row(pool: &PgPool, day: &str, queued: bool) {
    sqlx::query(
        "with said as (
             insert into outbox (day, event_id, aggregate_kind, aggregate_id, sequence, type,
                                 occurred_at, payload)
             values ($1::text::date, gen_random_uuid(), 'project_count', 1, 1, 'project.counted',
                     now(), '{\"project_id\": 1, \"tickets\": 1}')
             returning day, seq)
         insert into outbox_pending (day, seq) select day, seq from said where $2",
    )
    .bind(day)
    .bind(queued)
    .execute(pool)
    .await
    .unwrap();
}

async fn become_app(conn: &mut PgConnection) {
    sqlx::raw_sql(
        "do $$ begin create role bus_it_app nologin;
         exception when duplicate_object or unique_violation then null; end $$;
         grant usage on schema public to bus_it_app;
         grant select, insert, update, delete on all tables in schema public to bus_it_app;",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("set role {ROLE}")))
        .execute(conn)
        .await
        .unwrap();
}

#[tokio::test]
async fn partitions_are_made_ahead_once() {
    let desk = Desk::open().await;
    let before = names(&desk.pool).await.len();
    assert_eq!(before, 9, "today, a week, and the default one");
    assert_eq!(
        desk.number("select outbox_make_partitions(10)::bigint")
            .await,
        3
    );
    assert_eq!(
        desk.number("select outbox_make_partitions(10)::bigint")
            .await,
        0
    );
    desk.say(&[count(1, 1, 1)]).await;
    assert_eq!(
        desk.number("select count(*) from only outbox_default")
            .await,
        0
    );
    assert_eq!(desk.number("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn the_services_role_makes_partitions_but_no_tables() {
    let desk = Desk::open().await;
    let mut conn = desk.pool.acquire().await.unwrap();
    become_app(&mut conn).await;
    let made: i32 = sqlx::query_scalar("select outbox_make_partitions(9)")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(made, 2);
    let refused = sqlx::query("create table mine (id int)")
        .execute(&mut *conn)
        .await
        .unwrap_err();
    assert_eq!(
        refused.as_database_error().unwrap().code().unwrap(),
        "42501"
    );
    desk_bus::outbox::append(&mut conn, &[count(1, 1, 1)])
        .await
        .unwrap();
    sqlx::query("reset role").execute(&mut *conn).await.unwrap();
}

#[tokio::test]
async fn old_partitions_go_unless_something_in_them_is_still_to_be_published() {
    let desk = Desk::open().await;
    for (day, name, queued) in [
        ("2020-01-01", "outbox_20200101", false),
        ("2020-01-02", "outbox_20200102", true),
    ] {
        past_partition(&desk.pool, day, name).await;
        past_row(&desk.pool, day, queued).await;
    }
    past_row(&desk.pool, "2020-02-01", false).await;
    past_row(&desk.pool, "2020-02-01", true).await;
    assert_eq!(
        desk.number("select outbox_drop_partitions(14)::bigint")
            .await,
        1
    );
    let left = names(&desk.pool).await;
    assert!(!left.contains(&"outbox_20200101".to_owned()));
    assert!(left.contains(&"outbox_20200102".to_owned()));
    assert_eq!(desk.number("select count(*) from outbox_default").await, 1);

    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.published().await;
    assert_eq!(desk.stored().await, 2);
    assert_eq!(
        desk.number("select outbox_drop_partitions(14)::bigint")
            .await,
        1
    );
    assert_eq!(names(&desk.pool).await.len(), 9);
    assert_eq!(desk.number("select count(*) from outbox_default").await, 0);
}

#[tokio::test]
async fn a_parked_event_keeps_its_partition() {
    let desk = Desk::open().await;
    past_partition(&desk.pool, "2020-01-01", "outbox_20200101").await;
    past_row(&desk.pool, "2020-01-01", true).await;
    sqlx::query("update outbox set type = 'nonsense'")
        .execute(&desk.pool)
        .await
        .unwrap();
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    eventually("it is parked", async || {
        desk.number("select count(*) from outbox_parked").await == 1
    })
    .await;
    assert_eq!(
        desk.number("select outbox_drop_partitions(14)::bigint")
            .await,
        0
    );
}

#[tokio::test]
async fn a_day_whose_rows_went_to_the_default_partition_stays_there() {
    let desk = Desk::open().await;
    sqlx::raw_sql(
        "do $$ declare part text; begin
             for part in select inhrelid::regclass::text from pg_inherits
                         where inhparent = 'outbox'::regclass
                           and inhrelid <> 'outbox_default'::regclass
             loop execute 'drop table ' || part; end loop;
         end $$",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    desk.say(&[count(1, 1, 1)]).await;
    assert_eq!(desk.number("select count(*) from outbox_default").await, 1);
    assert_eq!(
        desk.number("select outbox_make_partitions(3)::bigint")
            .await,
        3
    );
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.published().await;
    assert_eq!(desk.stored().await, 1);
}
