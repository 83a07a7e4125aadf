//! Missed deadlines as the SLA worker claims them, many at once. The numbers are those of the
//! deadline cases.

use desk_events::{Aggregate, AggregateKind, Fact, Metric, SlaClaim};
use desk_testkit::eventually;
use serde_json::{Value, json};
use time::Duration;

use crate::desk::{Desk, NAIJA};

fn claim(desk: &Desk, ticket_id: i64, metric: Metric, generation: i32) -> Fact {
    Fact::SlaBreached(Box::new(SlaClaim {
        ticket_id,
        project_id: NAIJA,
        metric,
        due_at: desk.now(),
        generation,
    }))
}

/// Says claims in the worker's place: the first about each ticket, in one go.
async fn say(desk: &Desk, claims: Vec<(i64, Fact)>, sequence: i64) {
    let about = |(id, fact)| {
        let kind = AggregateKind::Deadline;
        (Aggregate { kind, id }, sequence, fact)
    };
    desk.say_here(claims.into_iter().map(about).collect()).await;
}

async fn breached(desk: &Desk) -> i64 {
    let count = "select count(*) from tickets where first_response_breached";
    sqlx::query_scalar(count).fetch_one(&desk.db).await.unwrap()
}

async fn listed(desk: &Desk, filter: &str) -> i64 {
    let path = format!("/tickets?overdue={filter}");
    let list = desk.admin().get(&path).await.expect(200);
    list["total"].as_i64().unwrap()
}

#[tokio::test]
async fn many_claims_are_judged_at_once() {
    let desk = Desk::start().await;
    desk.run();
    let mut ids = Vec::new();
    for _ in 0..60 {
        ids.push(desk.file(NAIJA).await.0);
    }
    let [answered, moved, deleted, ..] = ids[..] else {
        panic!("three tickets")
    };
    // 35: answered in time, the claim comes late.
    let reply = format!("/tickets/{answered}/messages");
    desk.agent()
        .post(&reply, json!({"body": "x"}))
        .await
        .expect(201);
    // 37: the priority changed meanwhile.
    let path = format!("/tickets/{moved}");
    desk.agent()
        .put(&path, json!({"priority": "low"}))
        .await
        .expect(200);
    let path = format!("/tickets/{deleted}");
    desk.admin().delete(&path).await.expect(200);
    desk.advance(Duration::minutes(61));
    let claims = |metric| {
        ids.iter()
            .map(|id| (*id, claim(&desk, *id, metric, 1)))
            .collect()
    };
    say(&desk, claims(Metric::FirstResponse), 1).await;
    eventually(async || breached(&desk).await == 57).await;

    assert_eq!(
        (listed(&desk, "1").await, listed(&desk, "0").await),
        (57, 2)
    );
    let late = desk.ticket(ids[10]).await;
    assert_eq!(late["first_response_breached"], true);
    assert_eq!(late["version"], 2);
    let activity = &late["activities"][1];
    assert_eq!(activity["type"], "breached");
    assert_eq!(activity["actor"]["type"], "system");
    assert_eq!(
        activity["changes"],
        json!([{"field": "first_response_breached", "from": false, "to": true}])
    );
    assert_eq!(late["last_activity_at"], late["created_at"]);
    let told: Value = sqlx::query_scalar(
        "select payload from outbox where type = 'ticket.breached' and aggregate_id = $1",
    )
    .bind(ids[10])
    .fetch_one(&desk.db)
    .await
    .unwrap();
    assert_eq!(told["ticket"]["first_response_breached"], true);
    assert_eq!(told["ticket"]["first_response_open"], false);
    assert_eq!(told["ticket"]["resolution_open"], true);

    // The same claims again, and one that counts, to know that they were heard.
    say(&desk, claims(Metric::FirstResponse), 2).await;
    say(
        &desk,
        vec![(ids[10], claim(&desk, ids[10], Metric::Resolution, 1))],
        3,
    )
    .await;
    eventually(async || desk.ticket(ids[10]).await["resolution_breached"] == true).await;
    assert_eq!(
        desk.said_types(ids[10]).await,
        ["ticket.created", "ticket.breached", "ticket.breached"]
    );
    assert_eq!(
        desk.said_types(ids[11]).await,
        ["ticket.created", "ticket.breached"]
    );
    assert_eq!(breached(&desk).await, 57);
}

#[tokio::test]
async fn a_warning_changes_nothing_and_is_heard() {
    let desk = Desk::start().await;
    desk.run();
    let (id, _) = desk.file(NAIJA).await;
    let before = desk.ticket(id).await;
    let Fact::SlaBreached(warning) = claim(&desk, id, Metric::Resolution, 1) else {
        panic!("a claim")
    };
    say(&desk, vec![(id, Fact::SlaDueSoon(warning))], 1).await;
    let heard = async || -> i64 {
        let heard = "select count(*) from heard where aggregate_kind = 'deadline'";
        sqlx::query_scalar(heard).fetch_one(&desk.db).await.unwrap()
    };
    eventually(async || heard().await == 1).await;
    assert_eq!(desk.ticket(id).await, before);
}

#[tokio::test]
async fn a_claim_that_was_not_heard_comes_again() {
    let desk = Desk::start().await;
    desk.run();
    let (id, _) = desk.file(NAIJA).await;
    desk.advance(Duration::minutes(61));
    say(
        &desk,
        vec![(id, claim(&desk, id, Metric::FirstResponse, 1))],
        1,
    )
    .await;
    eventually(async || breached(&desk).await == 1).await;
    let reconciler = desk.reconciler().await;
    let find = async || reconciler.once().await.unwrap().unwrap().total();
    eventually(async || find().await.compared > 0).await;
    assert_eq!(find().await.missing, 0);
    sqlx::query("delete from heard where aggregate_kind = 'deadline'")
        .execute(&desk.db)
        .await
        .unwrap();
    assert_eq!(find().await.republished, 1);
    eventually(async || find().await.missing == 0).await;
}

#[tokio::test]
async fn events_tell_when_a_deadline_is_near() {
    let desk = Desk::start().await;
    let (id, _) = desk.file(NAIJA).await;
    let state: Value =
        sqlx::query_scalar("select payload -> 'ticket' from outbox where aggregate_id = $1 and type = 'ticket.created'")
            .bind(id)
            .fetch_one(&desk.db)
            .await
            .unwrap();
    let at = |field: &str| {
        let text = state[field].as_str().unwrap();
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
    };
    let filed = at("created_at");
    assert_eq!(at("first_response_soon_at") - filed, Duration::minutes(48));
    assert_eq!(at("resolution_soon_at") - filed, Duration::minutes(384));
}
