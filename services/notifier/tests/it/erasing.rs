//! Erased people: nothing of them is kept or sent any more, and the others are told as ever.

use desk_events::{Fact, TicketState, erased_requester};
use desk_testkit::{facts::said, remains};
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::{
    facts::{ADDRESS, AGENT, CUSTOMER, account, heard, reply, ticket},
    stack::Stack,
};

fn erased_ticket(id: i64) -> TicketState {
    TicketState {
        subject: "Erased".into(),
        customer_name: "Erased person".into(),
        customer_email: erased_requester(4),
        ..ticket(id)
    }
}

async fn left(stack: &Stack, words: &[&str]) -> Vec<String> {
    remains::found(&remains::of_database(&stack.db).await, words)
}

#[tokio::test]
async fn an_erased_customers_tickets_tell_of_nobody() {
    let stack = Stack::start().await;
    let events = [
        heard(reply(7, 2, AGENT)),
        heard(reply(7, 3, CUSTOMER)),
        heard(reply(8, 2, AGENT)),
    ];
    stack.hear(&events).await;
    let erased = said(Fact::TicketErased, erased_ticket(7), 4);
    stack.hear(&[heard(erased)]).await;
    let told: Vec<(Value, Value, Value)> = stack
        .deliveries(7)
        .await
        .iter()
        .map(|one| {
            (
                one["user_id"].clone(),
                one["state"].clone(),
                one["excerpt"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Value::Null, json!("dropped"), Value::Null),
            (json!(AGENT), json!("queued"), Value::Null)
        ]
    );
    let other = stack.deliveries(8).await;
    assert_eq!(other[0]["email"], ADDRESS);
    assert_eq!(other[0]["excerpt"], "words of message 2");
    // What is said again queues nothing anew.
    stack.hear(&events[..2]).await;
    assert_eq!(stack.deliveries(7).await.len(), 2);
}

#[tokio::test]
async fn an_erased_accounts_mails_and_words_are_dropped() {
    let stack = Stack::start().await;
    let holder = account(CUSTOMER, "zebulon@canary.test");
    stack.hear(&[heard(holder.clone())]).await;
    let end = desk_http::Timestamp(stack.now() + Duration::hours(1));
    let mail = json!({
        "id": Uuid::now_v7(), "kind": "reset",
        "to": {"name": "Zebulon", "email": "zebulon@canary.test"},
        "link": "https://portal.test/reset-password?token=one-time", "expires_at": end,
    });
    let auth = stack.desk.service("auth");
    auth.post("/internal/account-mails", mail).await.expect(202);
    stack.hear(&[heard(reply(7, 2, CUSTOMER))]).await;
    let words = ["zebulon", "one-time", "words of message 2"];
    assert_eq!(left(&stack, &words).await.len(), 4);

    let mut erased = holder;
    if let Some(user) = erased.fact.user() {
        let mut state = user.clone();
        "Erased person".clone_into(&mut state.name);
        state.email = desk_events::erased_user(CUSTOMER);
        state.deleted = true;
        erased.fact = Fact::UserErased(Box::new(state));
    }
    erased.sequence += 1;
    stack.hear(&[heard(erased)]).await;
    assert_eq!(left(&stack, &words).await, Vec::<String>::new());
    let told = stack.deliveries(7).await;
    assert_eq!(told[0]["state"], "queued");
}
