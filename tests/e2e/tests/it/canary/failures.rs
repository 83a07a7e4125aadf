//! Secrets on their way when something breaks: a table that is not there, a row that the database
//! refuses and would quote, an event that a consumer cannot take, a service that is down.

use desk_testkit::eventually;
use e2e::World;
use reqwest::Method;
use serde_json::{Value, json};
use xtask::{pids::Signal, service::Service};

use super::{accounts::People, keys::Project, places::superuser, witness::Witness};

/// Each break is mended before the next.
pub async fn happen(world: &World, witness: &mut Witness, people: &People, project: &Project) {
    for (break_it, mend) in [
        (
            "alter table users rename to away",
            "alter table away rename to users",
        ),
        (
            "alter table users add constraint broken check (false) not valid",
            "alter table users drop constraint broken",
        ),
    ] {
        let auth = superuser(world, Service::Auth);
        auth.run(break_it).await.unwrap();
        account_calls(witness, people).await;
        dead_letter(world, witness, project).await;
        auth.run(mend).await.unwrap();
    }
    let keys = superuser(world, Service::Project);
    keys.run("alter table api_keys add constraint broken check (false) not valid")
        .await
        .unwrap();
    key_calls(world, witness, people, project).await;
    keys.run("alter table api_keys drop constraint broken")
        .await
        .unwrap();
    keys.run("alter table api_keys rename to away")
        .await
        .unwrap();
    key_calls(world, witness, people, project).await;
    keys.run("alter table away rename to api_keys")
        .await
        .unwrap();

    for service in [Service::Auth, Service::Project, Service::Ticket] {
        world.stack.signal(service, Signal::Stop);
    }
    down(world, witness, people, project).await;
    for service in [Service::Auth, Service::Project, Service::Ticket] {
        world.stack.signal(service, Signal::Cont);
    }
}

/// Each fails for the database's sake at least once.
async fn account_calls(witness: &mut Witness, people: &People) {
    let secret = witness.secrets.plant("a password while auth is broken");
    let account = |email: &str| -> Value {
        json!({
            "name": "Zoe", "email": email, "role": "customer",
            "password": secret, "password_confirmation": secret,
        })
    };
    let mut broken = 0;
    for (who, method, path, body) in [
        (
            &people.stranger,
            Method::POST,
            "/auth/login",
            account("carol@desk.test"),
        ),
        (
            &people.stranger,
            Method::POST,
            "/auth/register",
            account("zoe@desk.test"),
        ),
        (
            &people.customer,
            Method::PUT,
            "/auth/profile",
            account("carol@desk.test"),
        ),
        (
            &people.root,
            Method::POST,
            "/admin/users",
            account("zoe@desk.test"),
        ),
    ] {
        let who = who.clone().expecting_bugs();
        let answer = witness.call(&who, method, path, body).await;
        broken += u8::from(answer.status == 500);
    }
    assert!(broken >= 3, "{broken} calls failed");
}

/// A customer whose account cannot be made: auth's consumer gives its event up.
async fn dead_letter(world: &World, witness: &mut Witness, project: &Project) {
    let count = "select count(*) from dead_letters";
    let before = world.sql(Service::Auth, count).await;
    let ticket = json!({
        "customer_name": "New", "customer_email": format!("{before}@example.com"),
        "subject": "Help", "description": "Please.",
    });
    let shop = world.key(&project.key);
    witness
        .call(&shop, Method::POST, "/external/tickets", ticket)
        .await
        .expect(201);
    eventually(|| async { world.sql(Service::Auth, count).await != before }).await;
}

/// Nobody behind the doors answers.
async fn down(world: &World, witness: &mut Witness, people: &People, project: &Project) {
    let secret = witness.secrets.plant("a password while auth is down");
    let credentials = json!({"email": "carol@desk.test", "password": secret});
    let answer = witness
        .call(&people.stranger, Method::POST, "/auth/login", credentials)
        .await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    let mut pair = project.key.clone();
    pair.api_secret = witness.secrets.plant("an API secret while project is down");
    let answer = witness.get(&world.key(&pair), "/external/ping").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
}

async fn key_calls(world: &World, witness: &mut Witness, people: &People, project: &Project) {
    let path = format!("/admin/projects/{}/api-keys", project.id);
    let root = people.root.clone().expecting_bugs();
    let another = json!({"name": "Another"});
    let made = witness.call(&root, Method::POST, &path, another).await;
    assert_eq!(made.status, 500, "{}", made.body);
    let mut pair = project.key.clone();
    pair.api_secret = witness
        .secrets
        .plant("an API secret while project is broken");
    for key in [&pair, &project.key] {
        let shop = world.key(key).expecting_bugs();
        witness.get(&shop, "/external/ping").await;
    }
}
