//! A real SMTP server: one that takes mails, one that is busy, refuses, hangs or is away; and a
//! process that is killed between the server's word and its own note.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration as StdDuration,
};

use desk_testkit::{eventually, eventually_within, identity::SigningKey, tools};
use notifier::dead_mails;
use serde_json::{Value, json};
use time::Duration;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    facts::{ADDRESS, AGENT, heard, reply},
    post_office::{Mood, PostOffice, header, mailing},
    stack::Stack,
};

impl Stack {
    async fn state(&self, ticket_id: i64) -> (String, i64) {
        let row = &self.deliveries(ticket_id).await[0];
        let state = row["state"].as_str().unwrap().to_owned();
        (state, row["attempts"].as_i64().unwrap())
    }
}

#[tokio::test]
async fn a_server_gets_each_mail_once() {
    let (stack, office) = (Stack::start().await, PostOffice::open());
    let events: Vec<_> = (1..=10).map(|id| heard(reply(id, 2, AGENT))).collect();
    stack.hear(&events).await;
    stack.send_by(&mailing(office.url()));
    stack.settled().await;
    let mut ids: Vec<_> = office
        .mails()
        .iter()
        .map(|mail| header(mail, "Message-ID").unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 10);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    assert!(office.mails()[0].contains("Content-Type: multipart/alternative"));
}

#[tokio::test]
async fn a_busy_server_is_tried_again_later_and_a_mail_given_up_can_be_replayed() {
    let (stack, office) = (Stack::start().await, PostOffice::open());
    office.set_mood(Mood::TooBusy);
    stack.hear(&[heard(reply(7, 2, AGENT))]).await;
    stack.send_by(&mailing(office.url()));
    for attempt in 1..=3 {
        eventually(|| async { stack.state(7).await.1 == attempt }).await;
        let ended = if attempt < 3 { "queued" } else { "dead" };
        eventually(|| async {
            let row = &stack.deliveries(7).await[0];
            row["state"] == ended && row["error"].as_str().is_some_and(|why| why.contains("451"))
        })
        .await;
        // The next one's refusal is not to be taken for this one's.
        sqlx::query("update deliveries set error = null")
            .execute(&stack.db)
            .await
            .unwrap();
        // Not before its time.
        stack.ring();
        assert_eq!(stack.state(7).await.1, attempt);
        stack.advance(Duration::minutes(2));
        stack.ring();
    }
    assert!(office.mails().is_empty());

    office.set_mood(Mood::Takes);
    let id = stack.deliveries(7).await[0]["id"].as_i64().unwrap();
    let clock = stack.clock();
    for (ids, queued) in [(Some([id + 1].as_slice()), 0), (Some(&[id]), 1), (None, 0)] {
        let replayed = dead_mails::replay(&stack.db, ids, clock).await.unwrap();
        assert_eq!(replayed, queued, "{ids:?}");
    }
    stack.ring();
    stack.settled().await;
    assert_eq!(stack.state(7).await, ("sent".to_owned(), 1));
    assert!(office.mails()[0].contains("words of message 2"));
}

#[tokio::test]
async fn a_refused_mail_is_given_up_at_once() {
    let (stack, office) = (Stack::start().await, PostOffice::open());
    office.set_mood(Mood::KnowsNobody);
    stack.hear(&[heard(reply(7, 2, AGENT))]).await;
    stack.send_by(&mailing(office.url()));
    eventually(|| async { stack.state(7).await == ("dead".to_owned(), 1) }).await;
    let why = stack.deliveries(7).await[0]["error"].clone();
    assert!(why.as_str().is_some_and(|why| why.contains("550")), "{why}");
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_gets_no_mail_unless_told_so() {
    let (stack, office) = (Stack::start().await, PostOffice::open());
    stack.hear(&[heard(reply(7, 2, AGENT))]).await;
    stack.send_by(&mailing(office.url().trim_end_matches("?tls=none")));
    eventually(|| async {
        let row = &stack.deliveries(7).await[0];
        row["state"] == "queued"
            && row["error"]
                .as_str()
                .is_some_and(|why| why.contains("STARTTLS"))
    })
    .await;
    assert!(office.mails().is_empty());
}

/// A server that takes connections and never says a word, or none at all.
async fn a_server_without_a_word(is_there: bool) {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let silent = is_there.then_some(silent);
    let stack = Stack::start().await;
    stack.consume();
    stack.send_by(&mailing(&format!("smtp://{address}?tls=none")));
    let events: Vec<_> = (1..=5).map(|id| reply(id, 2, AGENT)).collect();
    stack.say(&events).await;
    // More than are sent at the same time; events are heard and questions answered meanwhile.
    eventually(|| async {
        let mut tried = 0;
        for id in 1..=5 {
            let rows = stack.deliveries(id).await;
            let waits = |row: &&Value| row["state"] == "queued" && row["error"].is_string();
            tried += rows.iter().filter(waits).count();
        }
        tried == 5
    })
    .await;

    drop(silent);
    let office = PostOffice::open_at(address);
    stack.advance(Duration::minutes(1));
    stack.ring();
    stack.settled().await;
    assert_eq!(office.mails().len(), 5);
}

#[tokio::test]
async fn a_server_that_hangs_costs_an_attempt_and_stalls_nobody() {
    a_server_without_a_word(true).await;
}

#[tokio::test]
async fn a_server_that_is_away_costs_an_attempt_and_stalls_nobody() {
    a_server_without_a_word(false).await;
}

/// The notifier as a process of its own, on the stack's database.
struct Process(Child);

impl Process {
    fn start(stack: &Stack, office: &PostOffice, failpoints: &PathBuf) -> Self {
        let key = SigningKey::generate().unwrap();
        let child = tools::service("notifier")
            .env_clear()
            .env("SUPPORTDESK_DATABASE_URL", stack.database_url())
            .env("SUPPORTDESK_NATS_URL", desk_testkit::nats_url())
            .env("SUPPORTDESK_BUS_PREFIX", desk_testkit::prefix())
            .env("SUPPORTDESK_STREAM_MAX_BYTES", "1048576")
            .env("SUPPORTDESK_SIGNING_KEY", key.to_setting())
            .env(
                "SUPPORTDESK_TRUSTED_SIGNERS",
                format!("auth:{}", key.public_setting()),
            )
            .env("SUPPORTDESK_LISTEN", "127.0.0.1:0")
            .env("SUPPORTDESK_ADMIN_LISTEN", "127.0.0.1:0")
            .env("SUPPORTDESK_MAIL_URL", office.url())
            .env("SUPPORTDESK_MAIL_FROM", "support@desk.test")
            .env("SUPPORTDESK_MAIL_TIMEOUT_SECONDS", "1")
            .env("SUPPORTDESK_FAILPOINTS", failpoints)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_kill_between_the_servers_word_and_the_commit_is_one_repeat_by_the_same_id() {
    let (stack, office) = (Stack::start().await, PostOffice::open());
    let failpoints = std::env::temp_dir().join(format!("fail-{}", Uuid::now_v7().simple()));
    std::fs::create_dir_all(&failpoints).unwrap();
    let armed = failpoints.join("notifier.mail-settle");
    std::fs::write(&armed, "").unwrap();
    stack.hear(&[heard(reply(7, 2, AGENT))]).await;

    let killed = Process::start(&stack, &office, &failpoints);
    let reached = failpoints.join("notifier.mail-settle.reached");
    eventually(|| async { reached.exists() }).await;
    assert_eq!(office.mails().len(), 1);
    drop(killed);
    assert_eq!(stack.state(7).await, ("queued".to_owned(), 1));

    let revived = Process::start(&stack, &office, &failpoints);
    eventually_within(StdDuration::from_secs(40), || async {
        stack.state(7).await == ("sent".to_owned(), 2)
    })
    .await;
    drop(revived);
    std::fs::remove_dir_all(&failpoints).unwrap();
    let mails = office.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(
        header(&mails[0], "Message-ID"),
        header(&mails[1], "Message-ID")
    );
    assert_eq!(
        header(&mails[0], "To"),
        Some(&*format!("\"Ada Obi\" <{ADDRESS}>"))
    );
    assert_eq!(stack.deliveries(7).await[0]["error"], json!(null));
}
