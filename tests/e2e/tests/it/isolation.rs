//! Tenants see nothing of each other: foreign ids in paths, queries and bodies.

use desk_testkit::eventually;
use e2e::{Person, Project, World, ids};
use serde_json::{Value, json};

/// Stands in every object of the other tenant, and must show up nowhere else.
pub const CANARY: &str = "canary-9f3b";

/// A project with its people, its key, and a ticket of its customer.
pub struct Tenant {
    pub project: Project,
    pub agent: Person,
    pub customer: Person,
    pub shop: Person,
    pub ticket: i64,
    pub number: String,
}

pub async fn tenant(world: &World, root: &Person, name: &str) -> Tenant {
    let project = world.project(root, name).await;
    let agent = world
        .person(root, "agent", &format!("agent@{name}.test"))
        .await;
    let customer = world
        .person(root, "customer", &format!("customer@{name}.test"))
        .await;
    world.assign_agent(root, &project, &agent).await;
    let shop = world.key(&project.key);
    let ticket =
        json!({"project_id": project.id, "subject": format!("Help {name}"), "description": name});
    let filed = customer.post("/tickets", ticket).await.expect(201);
    let (id, number) = (
        filed["ticket"]["id"].as_i64().unwrap(),
        filed["ticket"]["ticket_number"].as_str().unwrap(),
    );
    // Once the event of the agent's place has arrived.
    eventually(|| async { agent.get(&format!("/tickets/{id}")).await.status == 200 }).await;
    Tenant {
        project,
        agent,
        customer,
        shop,
        ticket: id,
        number: number.to_owned(),
    }
}

/// The body of an answer with this status, which tells nothing of the other tenant.
#[track_caller]
pub fn silent(answer: desk_testkit::Answer, status: u16, what: &str) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.body);
    assert!(
        !answer.body.to_string().contains(CANARY),
        "{what} tells of it: {}",
        answer.body
    );
    answer.body
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let world = World::start("isolation").await;
    let root = world.super_admin().await;
    let ours = tenant(&world, &root, "ours").await;
    let theirs = tenant(&world, &root, CANARY).await;
    theirs
        .agent
        .post(
            &format!("/tickets/{}/messages", theirs.ticket),
            json!({"body": CANARY, "type": "note"}),
        )
        .await
        .expect(201);

    let (id, number) = (theirs.ticket, &theirs.number);
    for (who, person) in [("agent", &ours.agent), ("customer", &ours.customer)] {
        silent(person.get(&format!("/tickets/{id}")).await, 404, who);
        silent(
            person.get(&format!("/tickets/{id}/messages")).await,
            404,
            who,
        );
        silent(
            person
                .post(&format!("/tickets/{id}/messages"), json!({"body": "x"}))
                .await,
            404,
            who,
        );
        silent(
            person
                .put(&format!("/tickets/{id}"), json!({"subject": "x"}))
                .await,
            404,
            who,
        );
        for query in [
            String::new(),
            format!("?project_id={}", theirs.project.id),
            format!("?search={CANARY}"),
            format!("?search={number}"),
            format!("?customer_email={}", theirs.customer.email),
            format!("?assigned_to={}", theirs.agent.id),
        ] {
            let list = silent(person.get(&format!("/tickets{query}")).await, 200, &query);
            assert!(!ids(&list).contains(&id), "{who} {query}");
        }
    }
    let agent = &ours.agent;
    silent(
        agent
            .patch(
                &format!("/tickets/{id}/status"),
                json!({"status": "closed"}),
            )
            .await,
        404,
        "status",
    );
    silent(
        agent
            .patch(
                &format!("/tickets/{id}/assign"),
                json!({"user_id": agent.id}),
            )
            .await,
        404,
        "assign",
    );
    silent(
        agent
            .get(&format!("/projects/{}/agents", theirs.project.id))
            .await,
        404,
        "agents",
    );
    let projects = silent(agent.get("/projects").await, 200, "projects");
    assert_eq!(ids(&projects), [ours.project.id]);

    // Foreign ids in a body are named, never followed.
    let elsewhere = json!({"project_id": theirs.project.id, "subject": "x", "description": "x"});
    let refused = silent(
        agent.post("/tickets", elsewhere).await,
        422,
        "a foreign project",
    );
    assert!(refused["details"]["project_id"].is_array());
    let own = format!("/tickets/{}/assign", ours.ticket);
    let refused = silent(
        agent.patch(&own, json!({"user_id": theirs.agent.id})).await,
        422,
        "a foreign agent",
    );
    assert!(refused["details"]["user_id"].is_array());

    // A key is its project, whatever number or address it names.
    let shop = &ours.shop;
    silent(
        shop.get(&format!("/external/tickets/{number}")).await,
        404,
        "by key",
    );
    let email = &theirs.customer.email;
    let reply = json!({"body": "x", "customer_email": email});
    silent(
        shop.post(&format!("/external/tickets/{number}/reply"), reply)
            .await,
        404,
        "reply by key",
    );
    let close = json!({"customer_email": email});
    silent(
        shop.post(&format!("/external/tickets/{number}/close"), close)
            .await,
        404,
        "close by key",
    );
    let list = silent(
        shop.get(&format!("/external/tickets?customer_email={email}"))
            .await,
        200,
        "list by key",
    );
    assert_eq!(list["total"], 0);
    theirs
        .shop
        .get(&format!("/external/tickets/{number}"))
        .await
        .expect(200);

    // Nothing of all that reached the other side.
    let untouched = theirs
        .agent
        .get(&format!("/tickets/{id}"))
        .await
        .expect(200)["ticket"]
        .clone();
    assert_eq!(untouched["status"], "open");
    assert_eq!(untouched["reply_count"], 0);
    assert_eq!(untouched["assigned_to"], Value::Null);
    world.stop().await;
}

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
