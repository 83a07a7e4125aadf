//! Totals come from counters: they must be what counting would find, at any moment.

use desk_testkit::eventually;
use futures::future::join_all;
use serde_json::{Value, json};
use time::Duration;
use tokio::task::JoinHandle;

use crate::desk::{AGENT, AGRI, Desk, NAIJA, portal_ticket};

/// Filters with the condition that they stand for.
const FILTERS: [(&str, &str); 14] = [
    ("", "true"),
    ("status=open", "status = 'open'"),
    (
        "status=resolved&priority=high",
        "status = 'resolved' and priority = 'high'",
    ),
    ("priority=critical", "priority = 'critical'"),
    ("unassigned=1", "assigned_to is null"),
    (
        "unassigned=0&status=in_progress",
        "assigned_to is not null and status = 'in_progress'",
    ),
    (
        "overdue=1",
        "(first_response_breached or resolution_breached)",
    ),
    (
        "overdue=0",
        "not (first_response_breached or resolution_breached)",
    ),
    ("assigned_to=3", "assigned_to = 3"),
    ("assigned_to=3&unassigned=1", "false"),
    (
        "category_id=2&status=open",
        "category_id = 2 and status = 'open'",
    ),
    (
        "category_id=2&assigned_to=3",
        "category_id = 2 and assigned_to = 3",
    ),
    (
        "tag=1",
        "exists (select from ticket_tags where ticket_id = t.id and tag_id = 1)",
    ),
    (
        "tag=2&overdue=0",
        "exists (select from ticket_tags where ticket_id = t.id and tag_id = 2)
                         and not (first_response_breached or resolution_breached)",
    ),
];

async fn assert_counted(desk: &Desk, when: &str) {
    for (filter, condition) in FILTERS {
        for (client, project, scope) in [
            (desk.admin(), "", "true"),
            (desk.admin(), "&project_id=1", "project_id = 1"),
            (desk.agent(), "", "(project_id = 1 or creator_user_id = 3)"),
        ] {
            let sql = format!(
                "select count(*) from tickets t where deleted_at is null and {scope} and {condition}"
            );
            let counted: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_one(&desk.db)
                .await
                .unwrap();
            let page = client
                .get(&format!("/tickets?{filter}{project}"))
                .await
                .expect(200);
            assert_eq!(
                page["total"], counted,
                "{when}: {filter}{project} in {scope}"
            );
        }
    }
}

/// One of everything that moves a ticket from one counter to another.
async fn write(desk: &Desk, turn: usize) {
    let staff = desk.agent();
    let admin = desk.admin();
    let mut body = portal_ticket(if turn.is_multiple_of(4) { AGRI } else { NAIJA });
    body["priority"] = json!(["low", "medium", "high", "critical"][turn % 4]);
    body["tags"] = json!([&[1][..], &[2], &[1, 2]][turn % 3]);
    body["category_id"] = json!(1 + turn % 3);
    let filed = if turn.is_multiple_of(4) {
        admin.post("/tickets", body).await
    } else {
        staff.post("/tickets", body).await
    };
    let id = filed.expect(201)["ticket"]["id"].as_i64().unwrap();
    let path = |rest: &str| format!("/tickets/{id}{rest}");
    if !turn.is_multiple_of(4) && !turn.is_multiple_of(3) {
        let assign = json!({ "user_id": AGENT });
        admin.patch(&path("/assign"), assign).await.expect(200);
    }
    if turn.is_multiple_of(2) {
        let status = ["resolved", "closed", "pending_customer"][turn % 3];
        admin
            .patch(&path("/status"), json!({ "status": status }))
            .await
            .expect(200);
    }
    let tags = [&[2][..], &[], &[1, 3]][turn % 3];
    let update = json!({ "priority": "critical", "tags": tags, "category_id": 2 });
    if turn % 5 < 3 {
        admin.put(&path(""), update).await.expect(200);
    }
    if turn % 7 < 3 {
        admin.delete(&path("")).await.expect(200);
    }
    if turn % 7 == 1 {
        admin
            .post(&format!("/admin/tickets/{id}/restore"), Value::Null)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn totals_are_what_counting_finds() {
    let desk = Desk::start().await;
    join_all((0..24).map(|turn| write(&desk, turn))).await;
    desk.advance(Duration::minutes(20));
    assert_counted(&desk, "before they are summed up").await;
    desk.run();
    summed_up(&desk).await;
    assert_counted(&desk, "summed up").await;
    join_all((24..36).map(|turn| write(&desk, turn))).await;
    assert_counted(&desk, "and written to again").await;
    let negative: i64 = sqlx::query_scalar("select count(*) from ticket_totals where tickets < 0")
        .fetch_one(&desk.db)
        .await
        .unwrap();
    assert_eq!(negative, 0);
}

async fn summed_up(desk: &Desk) {
    eventually(|| async {
        let left: i64 = sqlx::query_scalar("select count(*) from ticket_count_deltas")
            .fetch_one(&desk.db)
            .await
            .unwrap();
        left == 0
    })
    .await;
}

/// Six thousand tickets on forty days of four months, one in ten of another project; filed by the
/// agent.
async fn crowd(desk: &Desk) {
    desk.file(NAIJA).await;
    crowd_of(desk, 1, 6_000).await;
}

async fn crowd_of(desk: &Desk, first: i64, last: i64) {
    sqlx::query(
        "insert into tickets (number, project_id, subject, description, status, priority, source,
             customer_name, customer_email, requester_id, creator_user_id, last_activity_at,
             created_at, updated_at)
         select 'X-' || n, 1 + (n % 10 = 0)::int, 'x', '', 'open', 'low', 'portal', 'x',
                'x@example.com', 1, 3, at, at, at
         from generate_series($1::bigint, $2::bigint) n,
              lateral (select '2026-01-01'::timestamptz + n % 40 * interval '3 days'
                              + n % 1000 * interval '1 minute' as at) as times",
    )
    .bind(first)
    .bind(last)
    .execute(&desk.db)
    .await
    .unwrap();
}

#[tokio::test]
async fn deep_pages_are_those_that_counting_off_finds() {
    let desk = Desk::start().await;
    desk.file(NAIJA).await;
    crowd_of(&desk, 1, 4_000).await;
    let running = desk.start_replica();
    summed_up(&desk).await;
    running.iter().for_each(JoinHandle::abort);
    // Summed up but for the last third, and what is taken away.
    crowd_of(&desk, 4_001, 6_200).await;
    sqlx::query("delete from tickets where id % 31 = 0 and id <= 6200")
        .execute(&desk.db)
        .await
        .unwrap();
    for (client, scope) in [
        (desk.admin(), "true"),
        (desk.agent(), "(project_id = 1 or creator_user_id = 3)"),
    ] {
        for (sort, direction) in [("created_at", "asc"), ("-created_at", "desc")] {
            for (page, total) in [
                (1, 6_001),
                (25, 6_001),
                (43, 6_001),
                (60, 6_001),
                (61, 6_001),
                (62, 6_001),
            ] {
                let sql = format!(
                    "select id from tickets where {scope} order by created_at {direction}, id {direction}
                     offset {} limit 100",
                    (page - 1) * 100
                );
                let expected: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                    .fetch_all(&desk.db)
                    .await
                    .unwrap();
                let path = format!("/tickets?sort={sort}&per_page=100&page={page}");
                let answer = client.get(&path).await.expect(200);
                let rows = answer["data"].as_array().unwrap();
                let ids: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
                assert_eq!(ids, expected, "{path} {scope}");
                assert_eq!(answer["total"], total);
                assert_eq!(answer["next_cursor"].is_null(), page > 60, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn days_are_counted_from_midnight_to_midnight() {
    let desk = Desk::start().await;
    crowd(&desk).await;
    for (query, condition) in [
        ("created_from=2026-01-03", "created_at >= '2026-01-03'"),
        ("created_to=2026-01-03", "created_at < '2026-01-04'"),
        (
            "created_from=2026-01-03&created_to=2026-01-20&project_id=2",
            "created_at >= '2026-01-03' and created_at < '2026-01-21' and project_id = 2",
        ),
        (
            "created_from=2026-01-03T05:00:00Z",
            "created_at >= '2026-01-03 05:00'",
        ),
        (
            "created_from=2026-01-03&status=open",
            "created_at >= '2026-01-03'",
        ),
        ("created_from=2027-01-03", "created_at >= '2027-01-03'"),
    ] {
        let sql = format!("select count(*) from tickets where {condition}");
        let counted: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&desk.db)
            .await
            .unwrap();
        for sort in ["-created_at", "last_activity_at", "-resolution_due_at"] {
            let path = format!("/tickets?{query}&sort={sort}");
            let page = desk.admin().get(&path).await.expect(200);
            assert_eq!(page["total"], counted, "{path}");
            let rows = page["data"].as_array().unwrap().len();
            assert_eq!(rows, usize::try_from(counted.min(20)).unwrap(), "{path}");
        }
    }
}
