//! Addresses that are not one's own.

use desk_testkit::eventually;
use e2e::World;
use serde_json::{Value, json};

#[tokio::test]
async fn a_stranger_does_not_inherit_tickets_by_claiming_an_address() {
    let world = World::start("claimed").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let shop = world.key(&project.key);
    let file = |email: &'static str| json!({"customer_name": "V", "customer_email": email, "subject": "Private", "description": "x"});
    // Registered first, unverified: what is filed for the address later stays out of sight.
    let account = json!({
        "name": "Mallory", "email": "victim@example.com",
        "password": "password", "password_confirmation": "password",
    });
    world
        .stranger()
        .post("/auth/register", account.clone())
        .await
        .expect(201);
    shop.post("/external/tickets", file("victim@example.com"))
        .await
        .expect(201);
    let mallory = world.login("victim@example.com", "password").await;
    assert_eq!(mallory.get("/tickets").await.expect(200)["total"], 0);

    // An account that a key made cannot be registered over.
    shop.post("/external/tickets", file("second@example.com"))
        .await
        .expect(201);
    eventually(|| async {
        root.get("/admin/users?search=second@example.com")
            .await
            .body["total"]
            == 1
    })
    .await;
    let mut again = account;
    again["email"] = json!("Second@Example.com");
    let refused = world
        .stranger()
        .post("/auth/register", again)
        .await
        .expect(422);
    assert!(refused["details"]["email"].is_array());

    // An agent's address in a key's hands is a customer's like any other.
    let agent = world.person(&root, "agent", "alice@desk.test").await;
    let filed = shop
        .post("/external/tickets", file("alice@desk.test"))
        .await
        .expect(201);
    let number = filed["ticket_number"].as_str().unwrap();
    let reply = json!({"body": "hello", "customer_email": agent.email});
    shop.post(&format!("/external/tickets/{number}/reply"), reply)
        .await
        .expect(201);
    let ticket = root
        .get(&format!("/tickets/{}", filed["ticket_id"]))
        .await
        .expect(200)["ticket"]
        .clone();
    assert_eq!(ticket["messages"][0]["is_agent"], false);
    assert_eq!(ticket["first_response_at"], Value::Null);
    world.stop().await;
}
