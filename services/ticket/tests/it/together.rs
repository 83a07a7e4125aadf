//! Creates that arrive together share a statement; none of them may notice.

use desk_testkit::{Answer, Client, eventually};
use serde_json::{Value, json};

use crate::desk::{AGRI, DISABLED, Desk, NAIJA, external_ticket, portal_ticket};

const PATH: &str = "/external/tickets";

/// Sends all at the same moment; answers in order.
async fn crowd(calls: Vec<(Client, &'static str, Value)>) -> Vec<Answer> {
    let tasks: Vec<_> = calls
        .into_iter()
        .map(|(client, path, body)| tokio::spawn(async move { client.post(path, body).await }))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect()
}

/// The numbers of a project's tickets, in the order of their ids.
async fn numbers(desk: &Desk, project: i64) -> Vec<String> {
    sqlx::query_scalar("select number from tickets where project_id = $1 order by number")
        .bind(project)
        .fetch_all(&desk.db)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_gets_its_own_ticket_and_its_own_error() {
    let desk = Desk::start().await;
    let mut calls = Vec::new();
    let mut expected = Vec::new();
    for n in 0..120 {
        let mut body = external_ticket(&format!("c{}@example.com", n % 7));
        body["subject"] = json!(format!("Survey {n}"));
        let (client, path, status) = match n % 6 {
            0 => (desk.key(NAIJA), PATH, 201),
            1 => (desk.key(AGRI), PATH, 201),
            2 => {
                let key = format!("k-{n}");
                let keyed = desk.key(NAIJA).with_header("idempotency-key", &key);
                (keyed, PATH, 201)
            }
            3 => {
                body["category_id"] = json!(4711);
                (desk.key(NAIJA), PATH, 422)
            }
            4 => (desk.key(DISABLED), PATH, 401),
            _ => {
                body = portal_ticket(AGRI);
                body["subject"] = json!(format!("Survey {n}"));
                (desk.tunde(), "/tickets", 201)
            }
        };
        expected.push(status);
        calls.push((client, path, body));
    }
    let answers = crowd(calls).await;
    assert_eq!(statuses(&answers), expected);

    for (n, answer) in answers.iter().enumerate() {
        let id = &answer.body["ticket_id"];
        let id = id.as_i64().or(answer.body["ticket"]["id"].as_i64());
        if let Some(id) = id {
            assert_eq!(desk.ticket(id).await["subject"], format!("Survey {n}"));
        }
    }
    let year = desk.now().year();
    for (project, prefix) in [(NAIJA, "NAIJ"), (AGRI, "AGRI")] {
        let gapless: Vec<String> = (1..=40)
            .map(|n| format!("{prefix}-{year}-{n:05}"))
            .collect();
        assert_eq!(numbers(&desk, project).await, gapless);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_belongs_to_its_own_request() {
    let desk = Desk::start().await;
    let calls = (0..40)
        .map(|n| {
            let client = desk
                .key(NAIJA)
                .with_header("x-request-id", &format!("request-{n}"));
            (client, PATH, external_ticket(&format!("c{n}@example.com")))
        })
        .collect();
    for (n, answer) in crowd(calls).await.into_iter().enumerate() {
        let id = answer.expect(201)["ticket_id"].as_i64().unwrap();
        let requests: Vec<String> = sqlx::query_scalar(
            "select o.request_id from outbox o
             join tickets t on t.id = $1
             where (o.aggregate_kind, o.aggregate_id)
                   in (('ticket', t.id), ('requester', t.requester_id))",
        )
        .bind(id)
        .fetch_all(&desk.db)
        .await
        .unwrap();
        assert_eq!(requests, vec![format!("request-{n}"); 2]);
    }
}

/// Another process takes a key and commits while the statement runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_that_is_taken_meanwhile_costs_the_others_nothing() {
    let desk = Desk::start().await;
    let mut elsewhere = desk.db.begin().await.unwrap();
    sqlx::query(
        "insert into idempotency_keys (caller, call, key, digest, status, answer, created_at)
         values ('project:1', 'POST /external/tickets', 'k-3', 'other', 201, '{}', $1)",
    )
    .bind(desk.now())
    .execute(&mut *elsewhere)
    .await
    .unwrap();
    let calls = (0..8)
        .map(|n| {
            let client = desk
                .key(NAIJA)
                .with_header("idempotency-key", &format!("k-{n}"));
            (client, PATH, external_ticket("tunde@example.com"))
        })
        .collect();
    let waiting = tokio::spawn(crowd(calls));
    eventually(async || {
        let waits: i64 = sqlx::query_scalar(
            "select count(*) from pg_locks l
             join pg_stat_activity a on a.pid = l.pid and a.datname = current_database()
             where not l.granted",
        )
        .fetch_one(&desk.db)
        .await
        .unwrap();
        waits > 0
    })
    .await;
    elsewhere.commit().await.unwrap();
    let answers = waiting.await.unwrap();
    let expected = [201, 201, 201, 422, 201, 201, 201, 201];
    assert_eq!(statuses(&answers), expected);
    assert_eq!(numbers(&desk, NAIJA).await.len(), 7);
}
