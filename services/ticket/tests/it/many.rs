//! Lists of more tickets than are gathered at once: whichever way a page is found, it has the rows
//! that a plain query finds, and so has its total.

use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::desk::Desk;

/// More than twice as many as a list gathers, and more than a search counts.
const TICKETS: i64 = 12_000;
/// Rows of a page.
const ROWS: i64 = 15;
/// A search counts to here.
const CAP: i64 = 10_000;

const ADMIN: &str = "true";
/// Two in three are of the agent's project; of the others, some were filed by the agent.
const AGENT: &str = "(project_id = 1 or creator_user_id = 3)";
const CUSTOMER: &str = "(creator_user_id = 5 or customer_email = 'tunde@example.com')";

const FILTERS: [(&str, &str); 18] = [
    ("", "true"),
    ("status=open", "status = 'open'"),
    ("status=closed", "status = 'closed'"),
    ("priority=critical", "priority = 'critical'"),
    (
        "status=open&priority=critical",
        "status = 'open' and priority = 'critical'",
    ),
    ("unassigned=1", "assigned_to is null"),
    ("assigned_to=3", "assigned_to = 3"),
    (
        "overdue=1",
        "(first_response_breached or resolution_breached)",
    ),
    (
        "overdue=0",
        "not (first_response_breached or resolution_breached)",
    ),
    ("category_id=2", "category_id = 2"),
    (
        "tag=1",
        "exists (select from ticket_tags where ticket_id = t.id and tag_id = 1)",
    ),
    (
        "tag=2",
        "exists (select from ticket_tags where ticket_id = t.id and tag_id = 2)",
    ),
    (
        "tag=1&status=closed",
        "status = 'closed' and exists (select from ticket_tags where ticket_id = t.id and tag_id = 1)",
    ),
    ("project_id=2", "project_id = 2"),
    (
        "tag=1&project_id=1",
        "project_id = 1 and exists (select from ticket_tags where ticket_id = t.id and tag_id = 1)",
    ),
    (
        "tag=2&project_id=2",
        "project_id = 2 and exists (select from ticket_tags where ticket_id = t.id and tag_id = 2)",
    ),
    ("created_to=2026-01-20", "created_at < '2026-01-21'"),
    (
        "customer_email=ada@example.com",
        "customer_email = 'ada@example.com'",
    ),
];

/// Searches with what they mean. Nearly all tickets, most, some, few, none; by number and address.
const SEARCHES: [(&str, &str); 15] = [
    ("search=LAMP", "subject ilike '%lamp%'"),
    ("search=shade", "subject ilike '%shade%'"),
    ("search=n%C2%B0%207%25", r"subject ilike '%n° 7\%%'"),
    ("search=lamp%20_17", r"subject ilike '%lamp \_17%'"),
    ("search=no%20such%20thing", "false"),
    ("search=many-001", "number like 'MANY-001%'"),
    ("search=ada%40ex", "customer_email = 'ada@example.com'"),
    ("search=ma", "number like 'MA%'"),
    ("search=Ad", "customer_email like 'ad%'"),
    ("search=%25", "false"),
    (
        "search=shade&status=open",
        "subject ilike '%shade%' and status = 'open'",
    ),
    (
        "search=ad&priority=low",
        "customer_email like 'ad%' and priority = 'low'",
    ),
    ("search=example", "true"),
    ("search=E%40e", "customer_email like '%e@e%'"),
    ("search=pho", "subject ilike '%pho%'"),
];

const SORTS: [(&str, &str); 8] = [
    ("-created_at", "created_at desc, id desc"),
    ("created_at", "created_at, id"),
    ("-last_activity_at", "last_activity_at desc, id desc"),
    ("last_activity_at", "last_activity_at, id"),
    ("-priority", "priority_rank desc, id desc"),
    ("priority", "priority_rank, id"),
    (
        "-resolution_due_at",
        "coalesce(resolution_due_at, 'infinity') desc, id desc",
    ),
    (
        "resolution_due_at",
        "coalesce(resolution_due_at, 'infinity'), id",
    ),
];

async fn crowd(desk: &Desk) {
    for email in ["tunde@example.com", "ada@example.com", "zoe@example.com"] {
        desk.file_for(1, email).await;
    }
    sqlx::query(
        "insert into tickets (number, project_id, subject, description, status, priority, source,
             customer_name, customer_email, requester_id, creator_user_id, assigned_to, category_id,
             first_response_breached, resolution_due_at, last_activity_at, created_at, updated_at,
             deleted_at)
         select 'MANY-' || lpad(n::text, 5, '0'), 1 + (n % 3 = 0)::int,
                case when n % 50 = 0 then 'n° 7%' else 'Lamp'
                     || case when n % 4 = 0 then 'shade' else ' _' || n % 40 end end,
                '', case when n % 3 = 1 then 'open' else 'closed' end,
                (array['low', 'medium', 'high', 'critical'])[1 + n % 4], 'portal', 'x',
                case when n % 31 = 0 then 'tunde@example.com'
                     when n % 7 = 0 then 'ada@example.com' else 'zoe@example.com' end,
                case when n % 31 = 0 then 1 when n % 7 = 0 then 2 else 3 end, case when n % 29 = 0 then 3 when n % 37 = 0 then 5 end,
                case when n % 5 = 0 then 3 end, 1 + n % 3, n % 6 = 0,
                case when n % 8 > 0 then at + n % 700 * interval '1 hour' end,
                at + n % 90 * interval '1 hour', at, at, case when n % 97 = 0 then at end
         from generate_series(1, $1::bigint) n,
              lateral (select '2026-01-01'::timestamptz + n % 40 * interval '1 day'
                              + n % 500 * interval '1 minute' as at) as times",
    )
    .bind(TICKETS)
    .execute(&desk.db)
    .await
    .unwrap();
    for (tag, nth) in [(1, 2), (2, 25)] {
        sqlx::query(
            "insert into ticket_tags (ticket_id, tag_id) select id, $1 from tickets where id % $2 = 0",
        )
        .bind(tag)
        .bind(nth)
        .execute(&desk.db)
        .await
        .unwrap();
    }
    // Tags know when their tickets were filed.
    for statement in [
        "update tickets set created_at = created_at + interval '5 hours' where id % 11 = 0",
        "analyze",
    ] {
        sqlx::query(statement).execute(&desk.db).await.unwrap();
    }
}

async fn assert_found(desk: &Desk, filters: &[(&str, &str)], counted_to: i64) {
    for (client, scope) in [
        (desk.admin(), ADMIN),
        (desk.agent(), AGENT),
        (desk.tunde(), CUSTOMER),
    ] {
        for (filter, condition) in filters {
            let found =
                format!("from tickets t where deleted_at is null and {scope} and {condition}");
            let all: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) {found}")))
                .fetch_one(&desk.db)
                .await
                .unwrap();
            for (sort, order) in SORTS {
                for page in [1, 3] {
                    let sql = format!(
                        "select id {found} order by {order} offset {} limit {ROWS}",
                        (page - 1) * ROWS
                    );
                    let expected: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
                        .fetch_all(&desk.db)
                        .await
                        .unwrap();
                    let path = format!("/tickets?{filter}&sort={sort}&per_page={ROWS}&page={page}");
                    let answer = client.get(&path).await.expect(200);
                    assert_eq!(ids(&answer), expected, "{path} of {scope}");
                    assert_eq!(answer["total"], all.min(counted_to), "{path} of {scope}");
                    assert_eq!(answer["total_capped"] == true, all > counted_to, "{path}");
                }
            }
        }
    }
}

fn ids(page: &Value) -> Vec<i64> {
    let rows = page["data"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn every_filter_in_every_order_finds_what_a_plain_query_finds() {
    let desk = Desk::start().await;
    crowd(&desk).await;
    assert_found(&desk, &FILTERS, i64::MAX).await;
}

#[tokio::test]
async fn every_search_finds_what_a_plain_query_finds() {
    let desk = Desk::start().await;
    crowd(&desk).await;
    assert_found(&desk, &SEARCHES, CAP).await;
}
