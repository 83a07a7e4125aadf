//! What auth's exports ask for: a person's tickets and words, page by page.

use serde_json::{Value, json};

use crate::desk::{ADA, AGENT, Desk, NAIJA, TUNDE};

async fn rows(desk: &Desk, user: i64, what: &str) -> Vec<Value> {
    let auth = desk.service("auth");
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/internal/people/{user}/{what}?after={after}");
        let page = auth.get(&path).await.expect(200);
        rows.extend(page["rows"].as_array().unwrap().clone());
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => return rows,
        }
    }
}

#[tokio::test]
async fn a_person_has_what_was_filed_by_and_for_them_and_their_own_words() {
    let desk = Desk::start().await;
    let (by_key, number) = desk.file(NAIJA).await;
    let reply = json!({"body": "By key.", "customer_email": "tunde@example.com"});
    let path = format!("/external/tickets/{number}/reply");
    desk.key(NAIJA).post(&path, reply).await.expect(201);
    let own = json!({"project_id": NAIJA, "subject": "Mine", "description": "All mine."});
    let own = desk.tunde().post("/tickets", own).await.expect(201);
    let messages = format!("/tickets/{by_key}/messages");
    for (who, body) in [(desk.tunde(), "By me."), (desk.agent(), "By an agent.")] {
        who.post(&messages, json!({"body": body})).await.expect(201);
    }
    desk.file_for(NAIJA, "ada@example.com").await;
    desk.admin()
        .delete(&format!("/tickets/{by_key}"))
        .await
        .expect(200);

    let tickets = rows(&desk, TUNDE, "tickets").await;
    let ids: Vec<&Value> = tickets.iter().map(|ticket| &ticket["id"]).collect();
    assert_eq!(ids, [&json!(by_key), &own["ticket"]["id"]]);
    assert!(tickets[0]["deleted_at"].is_string());
    assert_eq!(tickets[1]["description"], "All mine.");
    let bodies = async |user| -> Vec<Value> {
        let messages = rows(&desk, user, "messages").await;
        messages.iter().map(|one| one["body"].clone()).collect()
    };
    assert_eq!(bodies(TUNDE).await, ["By key.", "By me."]);
    assert_eq!(bodies(AGENT).await, ["By an agent."]);
    assert_eq!(bodies(ADA).await, Vec::<Value>::new());
    assert_eq!(rows(&desk, AGENT, "tickets").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_long_past_comes_page_by_page() {
    let desk = Desk::start().await;
    let mut filed = Vec::new();
    for _ in 0..101 {
        filed.push(json!(desk.file(NAIJA).await.0));
    }
    let tickets = rows(&desk, TUNDE, "tickets").await;
    let ids: Vec<Value> = tickets.iter().map(|ticket| ticket["id"].clone()).collect();
    assert_eq!(ids, filed);
}

#[tokio::test]
async fn people_are_told_of_to_services_alone() {
    let desk = Desk::start().await;
    for what in ["tickets", "messages"] {
        let path = format!("/internal/people/{TUNDE}/{what}");
        for client in [desk.super_admin(), desk.key(NAIJA), desk.stranger()] {
            client.get(&path).await.expect(401);
        }
        let auth = desk.service("auth");
        auth.get(&format!("{path}?after=-1")).await.expect(422);
    }
}
