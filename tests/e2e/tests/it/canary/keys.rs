//! API keys: made, used, swapped, mistaken, revoked, and asked about between services.

use e2e::{Key, Person, World};
use reqwest::Method;
use serde_json::json;
use xtask::service::Service;

use super::witness::Witness;

/// A project with a key.
pub struct Project {
    pub id: i64,
    pub key: Key,
}

/// Two keys are made and used; one of them is revoked.
pub async fn come_and_go(world: &World, witness: &mut Witness, root: &Person) -> Project {
    let made = witness
        .call(
            root,
            Method::POST,
            "/admin/projects",
            json!({"name": "NaijaHomes"}),
        )
        .await;
    let id = made.expect(201)["project"]["id"].as_i64().unwrap();
    let path = format!("/admin/projects/{id}/api-keys");
    let (key, _) = make(witness, root, &path).await;
    let (revoked, revoked_id) = make(witness, root, &path).await;

    let chosen = witness.secrets.plant("a secret that a client chose");
    for body in [
        json!({"name": 5, "api_secret": chosen}),
        json!({"name": "Mine", "expires_at": chosen}),
        json!({"name": "Mine", "allowed_ips": [chosen]}),
        json!([chosen]),
    ] {
        witness
            .call(root, Method::POST, &path, body)
            .await
            .expect(422);
    }
    for list in [&path, &format!("/admin/projects/{id}")] {
        // Keys are listed, secrets are not.
        let listed = root.get(list).await.expect(200).to_string();
        let listed = listed
            .replace(&key.api_key, "")
            .replace(&revoked.api_key, "");
        witness.saw(list, listed);
    }
    use_it(world, witness, &key).await;
    mistake_it(world, witness, &key).await;
    between_services(world, witness, &key).await;

    let dead = format!("{path}/{revoked_id}");
    witness
        .call(root, Method::DELETE, &dead, json!({}))
        .await
        .expect(200);
    witness.get(&world.key(&revoked), "/external/ping").await;
    Project { id, key }
}

/// A key pair; its public half may stand where keys are kept.
async fn make(witness: &mut Witness, root: &Person, path: &str) -> (Key, i64) {
    let body = json!({"name": "Production"});
    let (answer, [api_key, api_secret]) = witness
        .handed(root, path, body, ["api_key", "api_secret"])
        .await;
    witness.secrets.add("an API secret", &api_secret);
    witness
        .secrets
        .at_home("an API key", &api_key, Some("project's api_keys"));
    let id = answer.body["key_id"].as_i64().unwrap();
    (
        Key {
            api_key,
            api_secret,
        },
        id,
    )
}

async fn use_it(world: &World, witness: &mut Witness, key: &Key) {
    let shop = world.key(key);
    witness.get(&shop, "/external/ping").await.expect(200);
    let ticket = json!({
        "customer_name": "Tunde", "customer_email": "tunde@example.com",
        "subject": "Help", "description": "Please.",
    });
    let filed = witness
        .call(&shop, Method::POST, "/external/tickets", ticket)
        .await
        .expect(201);
    let number = filed["ticket_number"].as_str().unwrap();
    let path = format!("/external/tickets/{number}/reply");
    let reply = json!({"body": "Hello?", "customer_email": "tunde@example.com"});
    witness
        .call(&shop, Method::POST, &path, reply)
        .await
        .expect(201);
    let unread = witness
        .secrets
        .plant("a secret in a body that cannot be read");
    let broken = format!("{{\"api_secret\": \"{unread}\"");
    witness
        .send(&shop, Method::POST, "/external/tickets", broken)
        .await
        .expect(400);
    let path = format!(
        "/external/tickets?api_secret={}&api_key={}",
        key.api_secret, key.api_key
    );
    witness.get(&shop, &path).await.expect(200);
}

async fn mistake_it(world: &World, witness: &mut Witness, key: &Key) {
    let wrong = witness.secrets.plant("a wrong API secret");
    let pair = |api_key: &str, api_secret: &str| Key {
        api_key: api_key.to_owned(),
        api_secret: api_secret.to_owned(),
    };
    for bad in [
        pair(&key.api_key, &wrong),
        pair(&wrong, &key.api_secret),
        pair(&key.api_secret, &key.api_key),
        pair(&key.api_key, &format!("ss_{wrong}{}", "x".repeat(10_000))),
        pair("", &wrong),
    ] {
        let door = world.at(Service::ExternalGateway);
        for (who, path) in [
            (world.key(&bad), "/external/ping"),
            (door, "/api/external/ping"),
        ] {
            let who = who
                .with_header("x-api-key", &bad.api_key)
                .with_header("x-api-secret", &bad.api_secret);
            let answer = witness.get(&who, path).await;
            assert!(answer.status.is_client_error(), "{}", answer.body);
        }
    }
}

/// As the external gateway asks project, right and wrong.
async fn between_services(world: &World, witness: &mut Witness, key: &Key) {
    let asking = world.as_service(Service::Project);
    witness.secrets.add("an internal token", asking.token());
    let wrong = witness.secrets.plant("a secret asked about");
    let path = "/internal/keys/verify";
    for body in [
        json!({"api_key": key.api_key, "api_secret": key.api_secret}),
        json!({"api_key": key.api_key, "api_secret": wrong}),
        json!({"api_key": wrong, "api_secret": [wrong]}),
        json!([wrong]),
    ] {
        witness.call(&asking, Method::POST, path, body).await;
    }
    let broken = format!("{{\"api_secret\": \"{wrong}\"");
    witness
        .send(&asking, Method::POST, path, broken)
        .await
        .expect(400);
    // A token is for one service.
    for service in [
        Service::Auth,
        Service::Ticket,
        Service::Reporting,
        Service::Notifier,
    ] {
        let stray = world
            .at(service)
            .with_header("authorization", &format!("Bearer {}", asking.token()));
        witness.get(&stray, "/internal/heads").await;
    }
}
