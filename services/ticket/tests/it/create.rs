//! Filing tickets through both doors.

use std::collections::BTreeSet;

use serde_json::json;
use time::Duration;

use crate::desk::{
    AGRI, DISABLED, Desk, FRESH, NAIJA, NEWCOMER, TUNDE, external_ticket, portal_ticket,
};

#[tokio::test]
async fn a_project_files_a_ticket_for_a_customer() {
    let desk = Desk::start().await;
    let mut body = external_ticket("Tunde@Example.com");
    body["customer_id"] = json!(98231);
    body["metadata"] = json!({"browser": "Chrome 124"});
    let filed = desk
        .key(NAIJA)
        .post("/external/tickets", body)
        .await
        .expect(201);
    let year = desk.now().year();
    assert_eq!(filed["ticket_number"], format!("NAIJ-{year}-00001"));
    assert_eq!(
        (filed["status"].as_str(), filed["priority"].as_str()),
        (Some("open"), Some("high"))
    );

    let ticket = desk.ticket(filed["ticket_id"].as_i64().unwrap()).await;
    assert_eq!(ticket["source"], "api");
    assert_eq!(ticket["customer_email"], "tunde@example.com");
    assert_eq!(ticket["external_customer_id"], "98231");
    assert_eq!(ticket["metadata"], json!({"browser": "Chrome 124"}));
    assert_eq!(ticket["creator"], json!({"id": 5, "name": "Tunde Adeyemi"}));
    assert_eq!(
        ticket["project"],
        json!({"id": 1, "name": "NaijaHomes", "slug": "naijahomes"})
    );
    assert_eq!(ticket["sla_policy"]["first_response_minutes"], 60);
    assert_eq!(ticket["activities"][0]["type"], "created");
    assert_eq!(ticket["activities"][0]["actor"]["type"], "key");
    assert_eq!(ticket["activities"][0]["actor"]["name"], "NaijaHomes");
    assert_eq!(ticket["version"], 1);
    assert_eq!(
        (&ticket["rating"], &ticket["watching"]),
        (&json!(null), &json!(false))
    );
    assert_eq!(
        (&ticket["attachments"], &ticket["watchers"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(ticket["created_at"], filed["created_at"]);
}

#[tokio::test]
async fn a_customer_files_as_themselves() {
    let desk = Desk::start().await;
    let mut body = portal_ticket(AGRI);
    body["customer_email"] = json!("victim@example.com");
    body["customer_name"] = json!("Victim");
    body["tags"] = json!([2, 1, 2]);
    body["category_id"] = json!(3);
    let answer = desk.ada().post("/tickets", body).await;
    assert_eq!(answer.headers["etag"], "\"1\"");
    let ticket = answer.expect(201)["ticket"].clone();
    assert_eq!(ticket["customer_email"], "ada@example.com");
    assert_eq!(ticket["customer_name"], "Ada");
    assert_eq!(ticket["creator"], json!({"id": 6, "name": "Ada"}));
    assert_eq!(ticket["priority"], "medium");
    assert_eq!(ticket["source"], "portal");
    assert_eq!(ticket["category"]["name"], "Billing");
    assert_eq!(ticket["tags"].as_array().unwrap().len(), 2);
    assert!(ticket.get("watchers").is_none(), "watchers are for staff");
}

#[tokio::test]
async fn staff_files_for_somebody_else() {
    let desk = Desk::start().await;
    let mut body = portal_ticket(NAIJA);
    body["customer_email"] = json!("New@Example.com");
    body["customer_name"] = json!("New Customer");
    let ticket = desk.agent().post("/tickets", body).await.expect(201)["ticket"].clone();
    assert_eq!(ticket["customer_email"], "new@example.com");
    assert_eq!(ticket["creator"], json!({"id": 3, "name": "Alice Okafor"}));

    let own = desk
        .agent()
        .post("/tickets", portal_ticket(NAIJA))
        .await
        .expect(201);
    assert_eq!(own["ticket"]["customer_email"], "alice@support.local");
}

#[tokio::test]
async fn the_project_must_be_active_and_visible() {
    let desk = Desk::start().await;
    for (client, project, status) in [
        (desk.agent(), NAIJA, 201),
        (desk.agent(), AGRI, 422),
        (desk.agent(), DISABLED, 422),
        (desk.agent(), 999, 422),
        (desk.admin(), AGRI, 201),
        (desk.admin(), DISABLED, 422),
        (desk.tunde(), AGRI, 201),
        (desk.tunde(), DISABLED, 422),
        (desk.admin(), FRESH, 201),
    ] {
        let answer = client
            .post("/tickets", portal_ticket(project))
            .await
            .expect(status);
        assert_eq!(
            answer["details"]["project_id"].is_array(),
            status == 422,
            "{project}"
        );
    }
}

#[tokio::test]
async fn what_has_not_arrived_yet_is_asked_for() {
    let desk = Desk::start().await;
    let ticket = desk
        .newcomer()
        .post("/tickets", portal_ticket(FRESH))
        .await
        .expect(201);
    assert_eq!(ticket["ticket"]["project"]["name"], "Fresh");
    assert_eq!(ticket["ticket"]["creator"]["name"], "Chidi");
    assert!(
        ticket["ticket"]["ticket_number"]
            .as_str()
            .unwrap()
            .starts_with("FRES-")
    );
}

#[tokio::test]
async fn whoever_was_just_promoted_can_be_assigned() {
    let desk = Desk::start().await;
    let filed = desk.admin().post("/tickets", portal_ticket(FRESH)).await;
    let path = format!("/tickets/{}/assign", filed.expect(201)["ticket"]["id"]);
    sqlx::query(
        "insert into replica_users (id, name, email, role, is_active, sequence)
         values ($1, 'Chidi', 'chidi@example.com', 'customer', true, 0)",
    )
    .bind(NEWCOMER)
    .execute(&desk.db)
    .await
    .unwrap();
    let body = json!({"user_id": NEWCOMER});
    let assigned = desk.admin().patch(&path, body).await.expect(200);
    assert_eq!(assigned["ticket"]["assignee"]["id"], NEWCOMER);
    let refused = desk.admin().patch(&path, json!({"user_id": TUNDE})).await;
    assert!(refused.expect(422)["details"]["user_id"].is_array());
}

#[tokio::test]
async fn due_times_follow_the_policy_of_the_priority() {
    let desk = Desk::start().await;
    for (priority, first, resolution) in [
        ("critical", 15, 120),
        ("high", 60, 480),
        ("medium", 240, 1440),
        ("low", 480, 4800),
    ] {
        let mut body = portal_ticket(NAIJA);
        body["priority"] = json!(priority);
        let filed = desk.admin().post("/tickets", body).await.expect(201)["ticket"].clone();
        let at = |field: &str| {
            let text = filed[field].as_str().unwrap();
            time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
                .unwrap()
        };
        assert_eq!(
            at("first_response_due_at") - at("created_at"),
            Duration::minutes(first)
        );
        assert_eq!(
            at("resolution_due_at") - at("created_at"),
            Duration::minutes(resolution)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_number_is_given_twice_and_no_requester_made_twice() {
    let desk = Desk::start().await;
    let calls = (0..40).map(|n| {
        let key = desk.key(if n % 2 == 0 { NAIJA } else { AGRI });
        let email = if n % 3 == 0 {
            "new@example.com"
        } else {
            "New@Example.COM"
        };
        tokio::spawn(async move {
            key.post("/external/tickets", external_ticket(email))
                .await
                .expect(201)
        })
    });
    let mut numbers = BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        numbers.insert(
            call.await.unwrap()["ticket_number"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(numbers.len(), 40);
    let year = desk.now().year();
    assert!(
        numbers.contains(&format!("NAIJ-{year}-00020")),
        "without gaps: {numbers:?}"
    );
    assert!(
        numbers.contains(&format!("AGRI-{year}-00020")),
        "without gaps: {numbers:?}"
    );
    let requesters: i64 = sqlx::query_scalar("select count(*) from requesters")
        .fetch_one(&desk.db)
        .await
        .unwrap();
    assert_eq!(requesters, 1);
    let said: i64 =
        sqlx::query_scalar("select count(*) from outbox where type = 'requester.added'")
            .fetch_one(&desk.db)
            .await
            .unwrap();
    assert_eq!(said, 1);
}

#[tokio::test]
async fn a_changed_configuration_is_seen_at_once() {
    let desk = Desk::start().await;
    desk.file(NAIJA).await;
    sqlx::raw_sql(
        "insert into sla_policies (project_id, name, priority, first_response_minutes, resolution_minutes)
             values (1, 'Own', 'high', 5, 10);
         update configuration set version = version + 1;",
    )
    .execute(&desk.db)
    .await
    .unwrap();
    for (project, policy) in [(NAIJA, "Own"), (AGRI, "High")] {
        let (id, _) = desk.file(project).await;
        assert_eq!(desk.ticket(id).await["sla_policy"]["name"], policy);
    }
}

#[tokio::test]
async fn every_year_counts_from_one() {
    let desk = Desk::start().await;
    let (_, first) = desk.file(NAIJA).await;
    desk.advance(Duration::days(366));
    let (_, second) = desk.file(NAIJA).await;
    assert!(first.ends_with("-00001") && second.ends_with("-00001") && first != second);
}
