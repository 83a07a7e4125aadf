//! Idempotency-Key on every call that takes it.

use desk_testkit::Client;
use serde_json::{Value, json};
use time::Duration;

use crate::desk::{AGRI, Desk, NAIJA, external_ticket, portal_ticket};

fn keyed(client: Client, key: &str) -> Client {
    client.with_header("idempotency-key", key)
}

async fn count(desk: &Desk, table: &'static str) -> i64 {
    let sql = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(&desk.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_same_call_gets_the_same_answer_and_does_nothing_twice() {
    let desk = Desk::start().await;
    let (id, number) = desk.file(NAIJA).await;
    let email = json!({"customer_email": "tunde@example.com"});
    let reply = json!({"customer_email": "tunde@example.com", "body": "Hello"});
    let calls: [(Client, String, Value, u16); 5] = [
        (desk.admin(), "/tickets".into(), portal_ticket(NAIJA), 201),
        (
            desk.key(NAIJA),
            "/external/tickets".into(),
            external_ticket("a@example.com"),
            201,
        ),
        (
            desk.admin(),
            format!("/tickets/{id}/messages"),
            json!({"body": "Hello"}),
            201,
        ),
        (
            desk.key(NAIJA),
            format!("/external/tickets/{number}/reply"),
            reply,
            201,
        ),
        (
            desk.key(NAIJA),
            format!("/external/tickets/{number}/close"),
            email,
            200,
        ),
    ];
    for (client, path, body, status) in calls {
        let first = keyed(client.clone(), "\"k-1\"")
            .post(&path, body.clone())
            .await;
        let written = (
            count(&desk, "tickets").await,
            count(&desk, "messages").await,
            count(&desk, "outbox").await,
        );
        let again = keyed(client.clone(), "k-1").post(&path, body.clone()).await;
        assert_eq!(
            again.headers.get("etag"),
            first.headers.get("etag"),
            "{path}"
        );
        assert_eq!(first.expect(status), again.expect(status), "{path}");
        let now = (
            count(&desk, "tickets").await,
            count(&desk, "messages").await,
            count(&desk, "outbox").await,
        );
        assert_eq!(written, now, "{path}");

        let mut other = body;
        other["customer_email"] = json!("other@example.com");
        other["body"] = json!("Other");
        other["subject"] = json!("Other");
        keyed(client, "k-1").post(&path, other).await.expect(422);
    }
}

#[tokio::test]
async fn a_key_is_the_callers_own() {
    let desk = Desk::start().await;
    for client in [desk.key(NAIJA), desk.key(AGRI)] {
        keyed(client, "k")
            .post("/external/tickets", external_ticket("a@example.com"))
            .await
            .expect(201);
    }
    assert_eq!(count(&desk, "tickets").await, 2);
}

#[tokio::test]
async fn an_error_frees_the_key() {
    let desk = Desk::start().await;
    let (_, number) = desk.file(NAIJA).await;
    let path = format!("/external/tickets/{number}/reply");
    let key = keyed(desk.key(NAIJA), "k");
    let body = |email: &str| json!({"customer_email": email, "body": "Hello"});
    key.post(&path, body("wrong@example.com")).await.expect(403);
    key.post(&path, body("tunde@example.com")).await.expect(201);
}

#[tokio::test]
async fn a_key_is_kept_a_day() {
    let desk = Desk::start().await;
    let file = async |desk: &Desk| {
        let key = keyed(desk.key(NAIJA), "k");
        key.post("/external/tickets", external_ticket("a@example.com"))
            .await
            .expect(201)
    };
    let first = file(&desk).await;
    desk.advance(Duration::hours(23));
    assert_eq!(file(&desk).await, first);
    desk.advance(Duration::hours(2));
    assert_ne!(file(&desk).await["ticket_id"], first["ticket_id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_does_the_work() {
    let desk = Desk::start().await;
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let key = keyed(desk.key(NAIJA), "k");
            tokio::spawn(async move {
                key.post("/external/tickets", external_ticket("a@example.com"))
                    .await
            })
        })
        .collect();
    let mut given = Vec::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status.as_u16() {
            201 => given.push(answer.body),
            status => assert_eq!(status, 409, "{}", answer.body),
        }
    }
    assert!(!given.is_empty());
    assert!(given.iter().all(|answer| *answer == given[0]));
    assert_eq!(count(&desk, "tickets").await, 1);
}

#[tokio::test]
async fn a_bad_key_is_refused() {
    let desk = Desk::start().await;
    for key in ["\"\"", &"k".repeat(256), "a\tb"] {
        let answer = keyed(desk.key(NAIJA), key)
            .post("/external/tickets", external_ticket("a@example.com"))
            .await;
        assert!(answer.expect(422)["details"]["idempotency-key"].is_array());
    }
}
