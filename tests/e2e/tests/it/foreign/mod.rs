//! What one gets of another by claiming it: fields that are not the sender's to set, an address, an
//! idempotency key, a part of a file. Who gets at what by its id is the matrix's.

mod claimed;
mod fields;
mod own;

use desk_testkit::eventually;
use e2e::{Person, Project, World};
use serde_json::{Value, json};

/// Stands in every object of the other tenant, and must show up nowhere else.
const CANARY: &str = "canary-9f3b";

/// A project with its people, its key, and a ticket of its customer.
struct Tenant {
    project: Project,
    agent: Person,
    customer: Person,
    shop: Person,
    ticket: i64,
    number: String,
}

async fn tenant(world: &World, root: &Person, name: &str) -> Tenant {
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
fn silent(answer: desk_testkit::Answer, status: u16, what: &str) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.body);
    assert!(
        !answer.body.to_string().contains(CANARY),
        "{what} tells of it: {}",
        answer.body
    );
    answer.body
}

struct Desk {
    world: World,
    root: Person,
    ours: Tenant,
    theirs: Tenant,
}

impl Desk {
    async fn start(name: &str) -> Self {
        let world = World::start(name).await;
        let root = world.super_admin().await;
        let ours = tenant(&world, &root, "ours").await;
        let theirs = tenant(&world, &root, CANARY).await;
        Self {
            world,
            root,
            ours,
            theirs,
        }
    }

    async fn ticket(&self, id: i64) -> Value {
        self.root.get(&format!("/tickets/{id}")).await.expect(200)["ticket"].clone()
    }
}
