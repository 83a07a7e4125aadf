//! Canned responses: whose they are, who finds them, what stands in them.

use serde_json::{Value, json};

use crate::desk::{AGENT, AGRI, Desk, FRESH, NAIJA, portal_ticket};

const PATH: &str = "/canned-responses";

fn text(title: &str) -> Value {
    json!({"title": title, "body": format!("{title}, says {{{{agent_name}}}}")})
}

fn shared(title: &str, project: Option<i64>) -> Value {
    let mut body = text(title);
    body["is_shared"] = json!(true);
    body["project_id"] = json!(project);
    body
}

async fn made(client: &desk_testkit::Client, body: Value) -> i64 {
    let answer = client.post(PATH, body).await.expect(201);
    answer["canned_response"]["id"].as_i64().unwrap()
}

async fn titles(client: &desk_testkit::Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}?{query}")).await.expect(200);
    let rows = list["data"].as_array().unwrap();
    assert_eq!(list["total"], rows.len());
    rows.iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn one_is_made_changed_and_deleted() {
    let desk = Desk::start().await;
    let body = json!({
        "title": " Refund ", "body": "Dear {{customer_name}}", "shortcut": "/refund",
        "is_shared": true, "project_id": NAIJA,
    });
    let made = desk.agent().post(PATH, body).await.expect(201)["canned_response"].clone();
    let path = format!("{PATH}/{}", made["id"]);
    assert_eq!(
        made,
        json!({
            "id": made["id"], "title": "Refund", "body": "Dear {{customer_name}}",
            "shortcut": "/refund", "is_shared": true, "project_id": NAIJA,
            "user": {"id": AGENT, "name": "Alice Okafor"},
            "created_at": made["created_at"], "updated_at": made["created_at"],
        })
    );
    let change = json!({"title": "Money back", "shortcut": null, "project_id": null});
    let changed = desk.agent().put(&path, change.clone()).await.expect(200);
    let changed = &changed["canned_response"];
    assert_eq!(changed["title"], "Money back");
    assert_eq!(changed["body"], made["body"]);
    assert_eq!(
        (&changed["shortcut"], &changed["project_id"]),
        (&json!(null), &json!(null))
    );
    desk.agent().patch(&path, change).await.expect(200);
    desk.agent().delete(&path).await.expect(200);
    desk.agent().delete(&path).await.expect(404);
    desk.agent().put(&path, json!({})).await.expect(404);

    let audited: Vec<(i64, String)> =
        sqlx::query_as("select actor_id, action from audit order by id")
            .fetch_all(&desk.db)
            .await
            .unwrap();
    let actions = ["created", "updated", "deleted"];
    assert_eq!(
        audited,
        actions.map(|verb| (AGENT, format!("canned_response.{verb}")))
    );
}

#[tokio::test]
async fn bad_ones_are_refused_field_by_field() {
    let desk = Desk::start().await;
    let own = made(&desk.agent(), text("Mine")).await;
    for (field, value) in [
        ("title", json!(null)),
        ("title", json!("x".repeat(256))),
        ("body", json!("")),
        ("body", json!("x".repeat(65_536))),
        ("shortcut", json!("x".repeat(256))),
        ("is_shared", json!("yes")),
        ("project_id", json!(0)),
        ("project_id", json!(999)),
        // Known, but not the agent's.
        ("project_id", json!(AGRI)),
    ] {
        let mut body = text("Good");
        body[field] = value.clone();
        for answer in [
            desk.agent().post(PATH, body.clone()).await,
            desk.agent().put(&format!("{PATH}/{own}"), body).await,
        ] {
            let details = answer.expect(422)["details"].clone();
            let named: Vec<&String> = details.as_object().unwrap().keys().collect();
            assert_eq!(named, [field], "{value}");
        }
    }
    // Of a project that no event has told of yet.
    made(&desk.newcomer(), shared("Fresh", Some(FRESH))).await;
    for query in [
        "search=",
        "project_id=0",
        "per_page=101",
        "page=0",
        "cursor=x",
    ] {
        let status = if query == "search=" { 200 } else { 422 };
        desk.agent()
            .get(&format!("{PATH}?{query}"))
            .await
            .expect(status);
    }
    let long = format!("{PATH}?search={}", "x".repeat(201));
    desk.agent().get(&long).await.expect(422);
}

#[tokio::test]
async fn what_is_not_shared_or_of_another_project_is_not_there() {
    let desk = Desk::start().await;
    let (agent, other, admin) = (desk.agent(), desk.other_agent(), desk.admin());
    let (ticket, _) = desk.file(NAIJA).await;
    let (elsewhere, _) = desk.file(AGRI).await;
    let own = made(&agent, text("Own")).await;
    let bound = made(&agent, shared("Bound", Some(NAIJA))).await;
    let open = made(&agent, shared("Open", None)).await;
    assert_eq!(titles(&agent, "").await, ["Open", "Bound", "Own"]);
    assert_eq!(titles(&other, "").await, ["Open"]);
    assert_eq!(titles(&admin, "").await, ["Open", "Bound"]);
    assert_eq!(titles(&agent, "project_id=1").await, ["Bound"]);
    assert_eq!(titles(&other, "project_id=1").await, [""; 0]);

    for (id, status) in [(own, 404), (bound, 404), (open, 403)] {
        let path = format!("{PATH}/{id}");
        let render = format!("{path}/render?ticket_id={elsewhere}");
        let rendered = if status == 404 { 404 } else { 200 };
        other.get(&render).await.expect(rendered);
        other.put(&path, json!({"title": "x"})).await.expect(status);
        other.delete(&path).await.expect(status);
    }
    // Nor is a ticket out of reach.
    for id in [elsewhere, 999] {
        let render = format!("{PATH}/{open}/render?ticket_id={id}");
        agent.get(&render).await.expect(404);
    }
    agent
        .get(&format!("{PATH}/{open}/render"))
        .await
        .expect(422);
    agent
        .get(&format!("{PATH}/{own}/render?ticket_id={ticket}"))
        .await
        .expect(200);

    // An admin changes what is shared, and deletes anything (reference, Configuration).
    let path = format!("{PATH}/{own}");
    admin.put(&path, json!({"title": "x"})).await.expect(404);
    admin.delete(&path).await.expect(200);
    let path = format!("{PATH}/{bound}");
    admin.put(&path, json!({"title": "Ours"})).await.expect(200);
    assert_eq!(titles(&agent, "").await, ["Open", "Ours"]);

    // Who leaves the project loses what is shared there, but not what is one's own.
    sqlx::query("update replica_memberships set is_member = false where user_id = $1")
        .bind(AGENT)
        .execute(&desk.db)
        .await
        .unwrap();
    let kept = made(&admin, shared("Staff of 1", Some(NAIJA))).await;
    assert_eq!(titles(&agent, "").await, ["Open", "Ours"]);
    agent
        .put(&format!("{PATH}/{kept}"), json!({}))
        .await
        .expect(404);
}

#[tokio::test]
async fn placeholders_are_filled_in_as_text() {
    let desk = Desk::start().await;
    let mut ticket = portal_ticket(NAIJA);
    ticket["customer_name"] = json!("{{agent_name}} <b>&</b>");
    ticket["customer_email"] = json!("odd@example.com");
    let filed = desk.agent().post("/tickets", ticket).await.expect(201)["ticket"].clone();
    let body = "{{customer_name}}: {{ticket_number}} {{nothing}} {{agent_name}}";
    let response = json!({"title": "{{agent_name}}", "body": body});
    let id = made(&desk.agent(), response).await;
    let path = format!("{PATH}/{id}/render?ticket_id={}", filed["id"]);
    let rendered = desk.agent().get(&path).await.expect(200)["canned_response"].clone();
    let number = filed["ticket_number"].as_str().unwrap();
    assert_eq!(
        rendered["body"],
        format!("{{{{agent_name}}}} <b>&</b>: {number} {{{{nothing}}}} Alice Okafor")
    );
    assert_eq!(rendered["title"], "{{agent_name}}");
}

#[tokio::test]
async fn a_search_finds_title_shortcut_and_text_page_by_page() {
    let desk = Desk::start().await;
    let agent = desk.agent();
    for body in [
        json!({"title": "100% Refund", "body": "x"}),
        json!({"title": "b", "body": "about a ReFund_"}),
        json!({"title": "c", "body": "x", "shortcut": "/refund"}),
        json!({"title": "d", "body": "x"}),
    ] {
        made(&agent, body).await;
    }
    for (query, found) in [
        ("search=refund", vec!["c", "b", "100% Refund"]),
        ("search=0%25%20r", vec!["100% Refund"]),
        ("search=d_", vec!["b"]),
        ("search=%25", vec!["100% Refund"]),
        ("search=nothing", vec![]),
    ] {
        assert_eq!(titles(&agent, query).await, found, "{query}");
    }
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = agent
            .get(&format!("{PATH}?per_page=2&search=refund{next}"))
            .await
            .expect(200);
        assert_eq!((&page["total"], &page["last_page"]), (&json!(3), &json!(2)));
        for row in page["data"].as_array().unwrap() {
            seen.push(row["title"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["c", "b", "100% Refund"]);
    let second = agent.get(&format!("{PATH}?per_page=2&page=2")).await;
    assert_eq!(second.expect(200)["data"][1]["title"], "100% Refund");
}
