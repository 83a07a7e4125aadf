//! Mails that auth asks for: sent once, forgotten at once.

use desk_testkit::eventually;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::{
    post_office::{Mood, Pigeonhole, PostOffice, header, mailing},
    stack::Stack,
};

const PATH: &str = "/internal/account-mails";
const SECRET: &str = "s3cr3t-one-time-token";

fn asked(stack: &Stack, id: Uuid, kind: &str) -> Value {
    let end = stack.now() + Duration::hours(1);
    json!({
        "id": id, "kind": kind, "to": {"name": "Ada Obi", "email": "Ada@Example.com"},
        "link": format!("https://portal.test/reset-password?token={SECRET}"),
        "expires_at": desk_http::Timestamp(end),
    })
}

impl Stack {
    async fn rows(&self) -> String {
        sqlx::query_scalar(
            "select coalesce(string_agg(d::text, '|' order by id), '') from deliveries d",
        )
        .fetch_one(&self.db)
        .await
        .unwrap()
    }

    async fn is_forgotten(&self, state: &str) -> bool {
        let rows = self.rows().await;
        let gone = [SECRET, "Ada", "ada@"]
            .iter()
            .all(|word| !rows.contains(word));
        gone && rows.contains(state)
    }
}

#[tokio::test]
async fn a_mail_is_sent_once_an_id_and_forgotten() {
    let (stack, hole) = (Stack::start().await, Pigeonhole::new());
    let auth = stack.desk.service("auth");
    let id = Uuid::now_v7();
    for _ in 0..2 {
        auth.post(PATH, asked(&stack, id, "reset"))
            .await
            .expect(202);
    }
    stack.send_by(&mailing(&hole.url()));
    stack.settled().await;
    auth.post(PATH, asked(&stack, id, "reset"))
        .await
        .expect(202);
    auth.post(PATH, asked(&stack, Uuid::now_v7(), "verify"))
        .await
        .expect(202);
    eventually(|| async { hole.mails().len() == 2 }).await;
    stack.settled().await;
    assert!(stack.is_forgotten("sent").await);
    let mails = hole.mails();
    assert_eq!(header(&mails[0], "Subject"), Some("Set a new password"));
    for mail in &mails {
        assert_eq!(header(mail, "To"), Some("\"Ada Obi\" <ada@example.com>"));
        assert_eq!(header(mail, "References"), None);
        assert!(mail.replace("=\r\n", "").contains(SECRET));
    }
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_forgotten_too() {
    let (stack, office) = (Stack::start().await, PostOffice::open());
    let auth = stack.desk.service("auth");
    office.set_mood(Mood::KnowsNobody);
    stack.send_by(&mailing(office.url()));
    auth.post(PATH, asked(&stack, Uuid::now_v7(), "reset"))
        .await
        .expect(202);
    eventually(|| async { stack.is_forgotten("dead").await }).await;
    // Its link is gone: there is nothing to send again.
    let replayed = notifier::dead_mails::replay(&stack.db, None, stack.clock()).await;
    assert_eq!(replayed.unwrap(), 0);
}

#[tokio::test]
async fn a_mail_whose_link_has_ended_is_dropped() {
    let (stack, hole) = (Stack::start().await, Pigeonhole::new());
    let auth = stack.desk.service("auth");
    auth.post(PATH, asked(&stack, Uuid::now_v7(), "reset"))
        .await
        .expect(202);
    stack.advance(Duration::hours(2));
    stack.send_by(&mailing(&hole.url()));
    eventually(|| async { stack.is_forgotten("expired").await }).await;
    assert!(hole.mails().is_empty());
}

#[tokio::test]
async fn only_auth_may_ask() {
    let stack = Stack::start().await;
    let body = asked(&stack, Uuid::now_v7(), "reset");
    stack.ticket.post(PATH, body.clone()).await.expect(403);
    stack.ticket.post(PATH, json!({})).await.expect(403);
    for caller in [
        stack.desk.user(1, desk_events::Role::SuperAdmin),
        stack.desk.anonymous(),
        stack.desk.stranger(),
    ] {
        caller.post(PATH, body.clone()).await.expect(401);
    }
    assert_eq!(stack.rows().await, "");
}

#[tokio::test]
async fn a_bad_body_names_its_fields() {
    let stack = Stack::start().await;
    let auth = stack.desk.service("auth");
    for (field, bad) in [
        ("id", json!("7")),
        ("kind", json!("greeting")),
        ("link", json!("nowhere")),
        ("expires_at", json!("tomorrow")),
        ("to", json!(null)),
        ("to", json!({"name": "Ada", "email": "ada"})),
    ] {
        let mut body = asked(&stack, Uuid::now_v7(), "reset");
        body[field] = bad;
        let answer = auth.post(PATH, body).await.expect(422);
        assert!(answer["details"][field].is_array(), "{field}: {answer}");
        assert!(!answer.to_string().contains(SECRET));
    }
    assert_eq!(stack.rows().await, "");
}
