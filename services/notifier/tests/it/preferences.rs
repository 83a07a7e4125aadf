//! What one wants by mail.

use desk_events::Role;
use serde_json::{Value, json};

use crate::{
    facts::{ADDRESS, AGENT, CUSTOMER, heard, person, reply, status},
    post_office::{Pigeonhole, mailing},
    stack::Stack,
};

const PATH: &str = "/notifications/preferences";

fn all_but(unwanted: &[&str]) -> Value {
    let kinds = ["reply", "assignment", "status_change", "due_soon", "breach"];
    let flags: serde_json::Map<String, Value> = kinds
        .iter()
        .map(|kind| ((*kind).to_owned(), json!(!unwanted.contains(kind))))
        .collect();
    json!({ "preferences": flags })
}

#[tokio::test]
async fn everybody_has_an_own_set_that_changes_flag_by_flag() {
    let stack = Stack::start().await;
    for (id, role) in [(1, Role::Admin), (2, Role::Agent), (3, Role::Customer)] {
        let me = stack.desk.user(id, role);
        assert_eq!(me.get(PATH).await.expect(200), all_but(&[]));
        let changed = me.put(PATH, json!({"reply": false, "breach": false})).await;
        assert_eq!(changed.expect(200), all_but(&["reply", "breach"]));
        let changed = me
            .patch(PATH, json!({"reply": true, "due_soon": false}))
            .await;
        assert_eq!(changed.expect(200), all_but(&["breach", "due_soon"]));
        let same = me.put(PATH, json!({})).await.expect(200);
        assert_eq!(same, all_but(&["breach", "due_soon"]));
        assert_eq!(me.get(PATH).await.expect(200), same);
    }
}

#[tokio::test]
async fn a_bad_flag_is_named_and_strangers_are_not_let_in() {
    let stack = Stack::start().await;
    let me = stack.desk.user(1, Role::Customer);
    for bad in [json!(null), json!("maybe"), json!(2)] {
        let answer = me.put(PATH, json!({"reply": bad, "breach": false})).await;
        let answer = answer.expect(422);
        assert!(answer["details"]["reply"].is_array(), "{answer}");
    }
    assert_eq!(me.get(PATH).await.expect(200), all_but(&[]));
    for stranger in [
        stack.desk.anonymous(),
        stack.desk.key(1, 3),
        stack.ticket.clone(),
    ] {
        stranger.get(PATH).await.expect(401);
        stranger.put(PATH, json!({"reply": null})).await.expect(401);
    }
}

#[tokio::test]
async fn what_is_not_wanted_is_not_sent() {
    let (stack, hole) = (Stack::start().await, Pigeonhole::new());
    let mut customer = person(CUSTOMER, ADDRESS, Role::Customer, 1, true);
    if let desk_events::Fact::UserCreated(user) = &mut customer.fact {
        user.email_verified_at = Some(crate::facts::FILED);
    }
    let me = stack.desk.user(CUSTOMER, Role::Customer);
    me.put(PATH, json!({"status_change": false}))
        .await
        .expect(200);
    stack
        .hear(&[customer, reply(7, 2, AGENT), status(7, 3, AGENT)].map(heard))
        .await;
    stack.send_by(&mailing(&hole.url()));
    stack.settled().await;
    assert_eq!(hole.mails().len(), 1);
    let ends: Vec<_> = stack.deliveries(7).await;
    assert_eq!(
        (&ends[0]["state"], &ends[1]["error"]),
        (&json!("sent"), &json!("muted"))
    );
}
