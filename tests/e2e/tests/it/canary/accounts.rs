//! Passwords and portal tokens: right, wrong, malformed, and in fields where they have no business.

use std::collections::BTreeSet;

use e2e::{Person, World};
use reqwest::Method;
use serde_json::{Value, json};
use xtask::service::Service;

use super::witness::Witness;
use crate::operations::mailed_token;

/// The bodies of the API that hold a password or a mailed token, and by whom they are sent.
const TAKEN: [(&str, &str, Role); 7] = [
    ("POST", "/auth/login", Role::Stranger),
    ("POST", "/auth/register", Role::Stranger),
    ("POST", "/auth/reset-password", Role::Stranger),
    ("POST", "/auth/verify-email", Role::Customer),
    ("PUT", "/auth/profile", Role::Customer),
    ("PATCH", "/auth/profile", Role::Customer),
    ("POST", "/admin/users", Role::Root),
];

enum Role {
    Stranger,
    Customer,
    Root,
}

/// Who uses the desk.
pub struct People {
    pub root: Person,
    pub customer: Person,
    pub stranger: Person,
}

/// People come, change their passwords, and go.
pub async fn come_and_go(world: &World, witness: &mut Witness) -> People {
    let bootstrap = world.stack.env(Service::Auth)["SUPPORTDESK_BOOTSTRAP_PASSWORD"].clone();
    witness.secrets.add("the first password", &bootstrap);
    let root = login(world, witness, "super@support.local", &bootstrap).await;
    let password = witness.secrets.plant("a customer's password");
    let stranger = world.stranger();
    let account = json!({
        "name": "Carol", "email": "carol@desk.test", "role": "customer", "password": password,
    });
    let made = witness
        .call(&root, Method::POST, "/admin/users", account)
        .await;
    let path = format!("/admin/users/{}", made.expect(201)["user"]["id"]);
    let customer = login(world, witness, "carol@desk.test", &password).await;
    let people = People {
        root,
        customer,
        stranger,
    };

    wrong_passwords(witness, &people).await;
    every_shape(witness, &people).await;
    let mut documented: BTreeSet<String> = taken(world).await;
    for (method, path, _) in TAKEN {
        documented.remove(&format!("{method} {path}"));
    }
    assert!(
        documented.is_empty(),
        "these take a password, too: {documented:?}"
    );

    let replaced = changed_password(world, witness, &people).await;
    let kept = witness
        .secrets
        .plant("a password that an admin may not set");
    let change = json!({"password": kept, "department": "Support"});
    witness
        .call(&people.root, Method::PUT, &path, change)
        .await
        .expect(200);
    sessions(world, witness, &replaced).await;
    let replaced = set_anew(world, witness, &people).await;
    let customer = login(world, witness, "carol@desk.test", &replaced).await;
    People { customer, ..people }
}

/// Logs in; the token is a secret from now on.
async fn login(world: &World, witness: &mut Witness, email: &str, password: &str) -> Person {
    let credentials = json!({"email": email, "password": password});
    token(
        world,
        witness,
        &world.stranger(),
        "/auth/login",
        credentials,
    )
    .await
}

/// Whoever has the token that this answers.
async fn token(
    world: &World,
    witness: &mut Witness,
    who: &Person,
    path: &str,
    body: Value,
) -> Person {
    let (_, [token]) = witness.handed(who, path, body, ["access_token"]).await;
    witness.secrets.add(&format!("a token of {path}"), &token);
    world.bearer(&token)
}

async fn wrong_passwords(witness: &mut Witness, people: &People) {
    for email in ["carol@desk.test", "nobody@desk.test"] {
        let wrong = witness.secrets.plant("a wrong password");
        let credentials = json!({"email": email, "password": wrong});
        witness
            .call(&people.stranger, Method::POST, "/auth/login", credentials)
            .await
            .expect(401);
    }
    let swapped = witness.secrets.plant("a password typed as the address");
    let credentials = json!({"email": swapped, "password": "carol@desk.test"});
    witness
        .call(&people.stranger, Method::POST, "/auth/login", credentials)
        .await
        .expect(422);
}

/// Whatever a body can look like, whatever is wrong beside the password.
async fn every_shape(witness: &mut Witness, people: &People) {
    for (method, path, role) in TAKEN {
        let method: Method = method.parse().unwrap();
        let who = match role {
            Role::Stranger => &people.stranger,
            Role::Customer => &people.customer,
            Role::Root => &people.root,
        };
        for field in [
            "password",
            "password_confirmation",
            "token",
            "email",
            "name",
            "phone",
            "role",
        ] {
            let secret = witness
                .secrets
                .plant(&format!("{field} of {method} {path}"));
            let number = witness
                .secrets
                .plant_number(&format!("{field} as a number"));
            let numeric = json!({field: number, "role": number}).to_string();
            for body in shapes(field, &secret).into_iter().chain([numeric]) {
                let answer = witness.send(who, method.clone(), path, body.clone()).await;
                assert!(
                    !answer.status.is_server_error(),
                    "{path} {body}: {}",
                    answer.body
                );
            }
            let body = format!("{field}={secret}");
            for kind in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
            ] {
                let odd = who.clone().with_header("content-type", kind);
                let answer = witness.send(&odd, method.clone(), path, body.clone()).await;
                assert!(answer.status.is_client_error(), "{kind}: {}", answer.body);
            }
            let query = format!("{path}?{body}&access_token={secret}");
            let wrong = json!({"password": 1, "email": 1});
            witness.call(who, method.clone(), &query, wrong).await;
            witness.get(who, &query).await;
        }
    }
}

/// Bodies by which nothing is written, with a secret in one field.
fn shapes(field: &str, secret: &str) -> Vec<String> {
    // Wrong beside the secret, so that nothing is written whichever field it is in.
    let wrong = |value: Value| {
        let mut body = json!({"name": 1, "email": "x", "password": "short", "role": "boss"});
        body["password_confirmation"] = json!("other");
        body[field] = value;
        body.to_string()
    };
    vec![
        wrong(json!(secret)),
        wrong(json!([secret])),
        wrong(json!({"is": secret})),
        wrong(json!({secret: 1})),
        wrong(json!(format!("{secret}\u{0}"))),
        wrong(json!(format!("{secret}{}", "x".repeat(1_001)))),
        json!({field: {"is": [secret]}}).to_string(),
        json!(secret).to_string(),
        json!([secret]).to_string(),
        format!("{{\"{field}\": \"{secret}\""),
        format!("{{\"{field}\": {secret}}}"),
        format!("{{\"{field}\": \"{secret}\\ud800\"}}"),
    ]
}

/// The operations whose documented body has a password.
async fn taken(world: &World) -> BTreeSet<String> {
    let document = world.stranger().get("/openapi.json").await.expect(200);
    let mut taken = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let schema = match schema["$ref"].as_str() {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                None => schema,
            };
            let fields = schema["properties"].as_object().into_iter().flatten();
            let mut names = fields.map(|(name, _)| name.as_str());
            let is_secret = |name: &str| {
                ["password", "token", "secret"]
                    .iter()
                    .any(|word| name.contains(word))
            };
            if names.any(is_secret) {
                let path = path.strip_prefix("/api").unwrap_or(path);
                taken.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert!(taken.contains("POST /auth/login"), "{taken:?}");
    taken
}

/// A new password; answers it.
async fn changed_password(world: &World, witness: &mut Witness, people: &People) -> String {
    let [new, other] =
        ["a new password", "another confirmation"].map(|what| witness.secrets.plant(what));
    let differ = json!({"password": new, "password_confirmation": other});
    let customer = &people.customer;
    witness
        .call(customer, Method::PUT, "/auth/profile", differ)
        .await
        .expect(422);
    let change = json!({"password": new, "password_confirmation": new});
    witness
        .call(customer, Method::PUT, "/auth/profile", change)
        .await
        .expect(200);

    let registered = witness.secrets.plant("a registered password");
    let account = json!({
        "name": "Rita", "email": "rita@desk.test",
        "password": registered, "password_confirmation": registered,
    });
    let rita = token(
        world,
        witness,
        &people.stranger,
        "/auth/register",
        account.clone(),
    )
    .await;
    witness.get(&rita, "/auth/me").await.expect(200);
    let again = witness
        .call(&people.stranger, Method::POST, "/auth/register", account)
        .await;
    again.expect(422);
    new
}

/// A password by a mailed token, which may stand in that mail alone; answers the password.
async fn set_anew(world: &World, witness: &mut Witness, people: &People) -> String {
    let (stranger, email) = (&people.stranger, "carol@desk.test");
    witness
        .call(
            stranger,
            Method::POST,
            "/auth/forgot-password",
            json!({"email": email}),
        )
        .await
        .expect(200);
    let token = mailed_token(&world.stack.mail(), email).await;
    witness
        .secrets
        .at_home("a mailed token", &token, Some("a mail"));
    let password = witness.secrets.plant("a password that is set anew");
    let reset = json!({"token": token, "password": password, "password_confirmation": password});
    for status in [200, 422] {
        witness
            .call(
                stranger,
                Method::POST,
                "/auth/reset-password",
                reset.clone(),
            )
            .await
            .expect(status);
    }
    password
}

/// A session from login to logout, and its tokens after their time.
async fn sessions(world: &World, witness: &mut Witness, password: &str) {
    let first = login(world, witness, "carol@desk.test", password).await;
    let second = token(world, witness, &first, "/auth/refresh", json!({})).await;
    witness
        .call(&first, Method::POST, "/auth/refresh", json!({}))
        .await
        .expect(401);
    witness
        .call(&second, Method::POST, "/auth/logout", json!({}))
        .await
        .expect(200);
    witness
        .call(&second, Method::POST, "/auth/logout", json!({}))
        .await;
    witness
        .call(&second, Method::POST, "/auth/refresh", json!({}))
        .await
        .expect(401);
    witness.get(&second, "/auth/me").await;
    let third = login(world, witness, "carol@desk.test", password).await;
    witness
        .call(&third, Method::POST, "/auth/logout-all", json!({}))
        .await
        .expect(200);
}
