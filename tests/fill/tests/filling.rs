//! What is filled in must look as if the services had written it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use fill::{Wanted, fill};
use sqlx::{PgConnection, PgPool};

/// Filters that find no row when all is well.
const FLAWS: [(&str, &str); 11] = [
    (
        "a number twice, or left out",
        "select 1 from tickets group by project_id, extract(year from created_at at time zone 'utc')
         having count(*) <> max(substring(number from '\\d+$')::bigint)",
    ),
    (
        "a counter that is not at the last number",
        "select 1 from ticket_counters c
         where last <> (select count(*) from tickets t where t.project_id = c.project_id
                        and extract(year from t.created_at at time zone 'utc') = c.year)",
    ),
    (
        "a ticket without its event",
        "select 1 from tickets t where not exists (
             select from outbox o where o.aggregate_kind = 'ticket' and o.aggregate_id = t.id
                 and o.sequence = t.version and o.payload -> 'ticket' ->> 'number' = t.number
                 and o.payload -> 'ticket' ->> 'status' = t.status)",
    ),
    (
        "an event that tells a time finer than its ticket's row",
        r"select 1 from outbox where payload::text ~ '\.\d{7,}Z'",
    ),
    (
        "a requester without an event",
        "select 1 from requesters r where not exists (
             select from outbox o
             where o.aggregate_kind = 'requester' and o.aggregate_id = r.id)",
    ),
    (
        "an event that is not queued",
        "select 1 from outbox o where not exists (select from outbox_pending p where p.seq = o.seq)",
    ),
    (
        "replies that are not counted",
        "select 1 from tickets t
         where reply_count <> (select count(*) from messages m where m.ticket_id = t.id)",
    ),
    (
        "a story out of order",
        "select 1 from tickets where first_response_at < created_at or resolved_at < first_response_at
             or closed_at < resolved_at or last_activity_at < created_at or created_at > now()",
    ),
    (
        "a breach that was none",
        "select 1 from tickets where first_response_breached and first_response_at <= first_response_due_at
             or not first_response_breached and first_response_at > first_response_due_at
             or resolution_breached and resolved_at <= resolution_due_at",
    ),
    (
        "a ticket without a history",
        "select 1 from tickets t where not exists (
             select from activities a where a.ticket_id = t.id and a.type = 'created')",
    ),
    (
        "tickets that are not counted",
        "select 1 from tickets t where deleted_at is null group by project_id
         having count(*) <> (select sum(delta) from ticket_count_deltas d
                             where d.project_id = t.project_id and tag_id is null)",
    ),
];

async fn desk() -> PgPool {
    let db = desk_testkit::database("ticket", &ticket::MIGRATORS).await;
    sqlx::raw_sql(
        "insert into replica_projects (id, name, slug, prefix, is_active, sequence)
         select n, 'P' || n, 'p' || n, 'P' || n, true, 1 from generate_series(1, 5) n;
         insert into replica_users (id, name, email, role, is_active, sequence)
         select n, 'A' || n, 'a' || n || '@x', 'agent', true, 1 from generate_series(1, 9) n;
         insert into replica_memberships (project_id, user_id, is_lead, is_member, sequence)
         select p, u, false, true, 1 from generate_series(1, 5) p, generate_series(1, 9) u;
         insert into replica_users (id, name, email, role, is_active, sequence)
         values (20, 'Ada', 'Ada@Example.com', 'customer', true, 1);
         delete from outbox_pending; delete from outbox",
    )
    .execute(&db)
    .await
    .unwrap();
    db
}

async fn assert_sound(conn: &mut PgConnection) {
    for (flaw, sql) in FLAWS {
        let found = sqlx::query(sql).fetch_all(&mut *conn).await.unwrap();
        assert!(found.is_empty(), "{flaw}: {}", found.len());
    }
}

async fn subjects(conn: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("select subject from tickets order by id")
        .fetch_all(conn)
        .await
        .unwrap()
}

const WANTED: Wanted = Wanted {
    tickets: 2_000,
    seed: 7,
    events: true,
};

#[tokio::test]
async fn filled_twice_it_still_adds_up() {
    let db = desk().await;
    let mut conn = db.acquire().await.unwrap();
    fill(&mut conn, WANTED, |_| {}).await.unwrap();
    assert_sound(&mut conn).await;
    fill(&mut conn, Wanted { seed: 8, ..WANTED }, |_| {})
        .await
        .unwrap();
    assert_sound(&mut conn).await;
    let linked: i64 = sqlx::query_scalar(
        "select count(*) from requesters where email = 'ada@example.com' and user_id = 20",
    )
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    assert_eq!(linked, 1);
}

#[tokio::test]
async fn many_come_in_without_their_indexes_and_get_them_back() {
    let db = desk().await;
    let mut conn = db.acquire().await.unwrap();
    let indexes = "select indexname::text from pg_indexes where schemaname = 'public' order by 1";
    let before: Vec<String> = sqlx::query_scalar(indexes)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    fill(
        &mut conn,
        Wanted {
            tickets: 20_000,
            ..WANTED
        },
        |_| {},
    )
    .await
    .unwrap();
    assert_sound(&mut conn).await;
    let after: Vec<String> = sqlx::query_scalar(indexes)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn the_same_seed_invents_the_same_tickets() {
    let mut seen = Vec::new();
    for seed in [7, 7, 8] {
        let mut conn = desk().await.acquire().await.unwrap();
        fill(
            &mut conn,
            Wanted {
                tickets: 200,
                seed,
                events: false,
            },
            |_| {},
        )
        .await
        .unwrap();
        seen.push(subjects(&mut conn).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}
