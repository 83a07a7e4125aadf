//! Lives a ticket's life on a real desk, and compares it with the model at every step.

use desk_testkit::{Answer, Client};
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Filed, Step, Who, model::Model};
use crate::desk::{Desk, NAIJA, external_ticket, portal_ticket};

const EVERYBODY: [Who; 5] = [
    Who::Admin,
    Who::Agent,
    Who::OtherAgent,
    Who::Tunde,
    Who::Ada,
];

/// What the model tells of, as the answer has it.
const TIMES: [&str; 6] = [
    "last_activity_at",
    "resolved_at",
    "closed_at",
    "first_response_at",
    "first_response_due_at",
    "resolution_due_at",
];
const PLAIN: [&str; 9] = [
    "status",
    "priority",
    "subject",
    "assigned_to",
    "watching",
    "reply_count",
    "version",
    "first_response_breached",
    "resolution_breached",
];

/// Files the ticket, takes the steps, and looks at it as everybody.
pub async fn live(desk: &Desk, filed: Filed, steps: &[Step]) -> Result<(), TestCaseError> {
    let before = count(desk).await;
    let (id, number) = file(desk, filed).await;
    let mut model = Model::new(filed);
    agree(desk, id, &model, Who::Admin, "filed").await?;
    for (place, step) in steps.iter().enumerate() {
        let expected = model.take(step);
        let answer = act(desk, id, &number, filed, step).await;
        let what = format!("step {place}, {step:?}");
        let status = answer.as_ref().map(|answer| answer.status.as_u16());
        let told = answer.map(|answer| answer.body);
        prop_assert_eq!(status, expected, "{}: {:?}", what, told);
        agree(desk, id, &model, Who::Admin, &what).await?;
    }
    for who in EVERYBODY {
        agree(desk, id, &model, who, "in the end").await?;
    }
    let said = desk.said("ticket", id).await;
    let sequences: Vec<i64> = said.iter().map(|(sequence, _)| *sequence).collect();
    let subjects: Vec<&str> = said.iter().map(|(_, subject)| subject.as_str()).collect();
    prop_assert_eq!(subjects, model.said(), "what was said");
    prop_assert_eq!(
        sequences,
        (1..).take(said.len()).collect::<Vec<i64>>(),
        "its sequences"
    );
    prop_assert_eq!(
        count(desk).await - before,
        i64::from(model.is_there()),
        "the total"
    );
    Ok(())
}

/// How many tickets there are.
async fn count(desk: &Desk) -> i64 {
    let listed = desk.admin().get("/tickets?per_page=1").await.expect(200);
    listed["total"].as_i64().unwrap()
}

fn client(desk: &Desk, who: Who) -> Client {
    match who {
        Who::Admin => desk.admin(),
        Who::Agent => desk.agent(),
        Who::OtherAgent => desk.other_agent(),
        Who::Tunde => desk.tunde(),
        Who::Ada => desk.ada(),
    }
}

async fn file(desk: &Desk, filed: Filed) -> (i64, String) {
    let mut ticket = portal_ticket(NAIJA);
    let by = match filed {
        Filed::KeyForTunde => {
            let mut ticket = external_ticket(filed.customer_email());
            (ticket["subject"], ticket["priority"]) = (json!("Broken"), json!("medium"));
            let filed = desk.key(NAIJA).post("/external/tickets", ticket).await;
            let filed = filed.expect(201);
            let number = filed["ticket_number"].as_str().unwrap().to_owned();
            return (filed["ticket_id"].as_i64().unwrap(), number);
        }
        Filed::Tunde => desk.tunde(),
        Filed::Ada => desk.ada(),
        Filed::AgentForTunde => {
            ticket["customer_email"] = json!(filed.customer_email());
            desk.agent()
        }
        Filed::AgentForHimself => desk.agent(),
    };
    let filed = by.post("/tickets", ticket).await.expect(201);
    let ticket = &filed["ticket"];
    let number = ticket["ticket_number"].as_str().unwrap().to_owned();
    (ticket["id"].as_i64().unwrap(), number)
}

/// Takes a step; none when nobody is asked.
async fn act(desk: &Desk, id: i64, number: &str, filed: Filed, step: &Step) -> Option<Answer> {
    let path = format!("/tickets/{id}");
    let below = |part: &str| format!("{path}/{part}");
    let client = |who: &Who| client(desk, *who);
    let by_key = format!("/external/tickets/{number}");
    let customer = filed.customer_email();
    Some(match step {
        Step::Wait(minutes) => {
            desk.advance(Duration::minutes(*minutes));
            return None;
        }
        Step::Purge => {
            desk.purge(false).await;
            return None;
        }
        Step::Reply(who) => {
            client(who)
                .post(&below("messages"), json!({"body": "Well."}))
                .await
        }
        Step::Note(who) => {
            let note = json!({"body": "Hm.", "type": "note"});
            client(who).post(&below("messages"), note).await
        }
        Step::KeyReply => {
            let reply = json!({"body": "Well?", "customer_email": customer});
            desk.key(NAIJA)
                .post(&format!("{by_key}/reply"), reply)
                .await
        }
        Step::KeyClose => {
            let close = json!({"customer_email": customer});
            desk.key(NAIJA)
                .post(&format!("{by_key}/close"), close)
                .await
        }
        Step::Assign(who, to) => {
            client(who)
                .patch(&below("assign"), json!({"user_id": to}))
                .await
        }
        Step::Status(who, to) => {
            client(who)
                .patch(&below("status"), json!({"status": to}))
                .await
        }
        Step::Priority(who, to) => client(who).put(&path, json!({"priority": to})).await,
        Step::Tags(who, tags) => client(who).put(&path, json!({"tags": tags})).await,
        Step::Subject(who, to) => client(who).put(&path, json!({"subject": to})).await,
        Step::Watch(who) => client(who).post(&below("watch"), json!({})).await,
        Step::Rate(who, score) => {
            client(who)
                .post(&below("rating"), json!({"score": score}))
                .await
        }
        Step::Delete(who) => client(who).delete(&path).await,
        Step::Restore(who) => {
            client(who)
                .post(&format!("/admin{}", below("restore")), json!({}))
                .await
        }
    })
}

/// What this person sees is what the model shows.
async fn agree(
    desk: &Desk,
    id: i64,
    model: &Model,
    who: Who,
    when: &str,
) -> Result<(), TestCaseError> {
    let answer = client(desk, who).get(&format!("/tickets/{id}")).await;
    let status = answer.status.as_u16();
    if !(model.is_there() && model.is_seen_by(who)) {
        prop_assert_eq!(status, 404, "{:?}, {}", who, when);
        return Ok(());
    }
    prop_assert_eq!(status, 200, "{:?}, {}: {}", who, when, answer.body);
    let (seen, shown) = (digest(&answer.body["ticket"]), model.shown_to(who));
    for (field, value) in &seen {
        prop_assert_eq!(value, &shown[field], "{} to {:?}, {}", field, who, when);
    }
    Ok(())
}

/// The fields that the model tells of, times in minutes since the ticket was filed.
fn digest(ticket: &Value) -> Map<String, Value> {
    let filed = seconds(&ticket["created_at"]).unwrap_or_default();
    let minutes = |field: &str| seconds(&ticket[field]).map(|at| (at - filed) / 60);
    let each = |field: &str, told: &dyn Fn(&Value) -> Value| {
        let rows = ticket[field].as_array();
        rows.map(|rows| rows.iter().map(told).collect::<Vec<Value>>())
    };
    let mut seen = Map::new();
    for field in PLAIN {
        seen.insert(field.to_owned(), ticket[field].clone());
    }
    for field in TIMES {
        seen.insert(field.to_owned(), json!(minutes(field)));
    }
    let message = |row: &Value| json!([row["type"], row["is_agent"], row["is_first_response"]]);
    for (field, rows) in [
        ("messages", each("messages", &message)),
        ("activities", each("activities", &|row| row["type"].clone())),
        ("tags", sorted(each("tags", &|row| row["id"].clone()))),
        ("watchers", each("watchers", &|row| row["id"].clone())),
    ] {
        seen.insert(field.to_owned(), json!(rows));
    }
    seen.insert("rating".to_owned(), ticket["rating"]["score"].clone());
    seen
}

/// Tags are shown by name; the model knows their ids.
fn sorted(ids: Option<Vec<Value>>) -> Option<Vec<Value>> {
    let mut ids = ids?;
    ids.sort_by_key(Value::as_i64);
    Some(ids)
}

fn seconds(time: &Value) -> Option<i64> {
    let time = OffsetDateTime::parse(time.as_str()?, &Rfc3339).ok()?;
    Some(time.unix_timestamp())
}
