//! Passwords and keys that are tried out, through the gateway, with the limits as they are.

use desk_testkit::Answer;
use e2e::{Key, Person, World};
use serde_json::json;
use xtask::{service::Service, stack::Plan};

use super::Scene;

const ACCOUNT: &str = "carol@desk.test";

/// The limits as they are by default; the address is what the test says it is.
pub fn plan() -> Plan {
    let mut plan =
        World::plan("guessing").with(Service::Gateway, "SUPPORTDESK_TRUSTED_PROXIES", "127.0.0.1");
    let limits = plan.extra.entry(Service::ExternalGateway).or_default();
    limits.remove("SUPPORTDESK_KEY_FAILURES_PER_MINUTE");
    plan
}

fn from(who: Person, address: &str) -> Person {
    who.with_header("x-forwarded-for", address)
}

fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{}", answer.body);
    answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

pub async fn passwords(scene: &Scene) {
    let login = async |address: &str, email: &str, password: &str| {
        let visitor = from(scene.world.stranger(), address);
        let credentials = json!({"email": email, "password": password});
        visitor.post("/auth/login", credentials).await
    };
    // One account from one address: ten wrong ones.
    for guess in 0..10 {
        let answer = login("198.51.100.1", ACCOUNT, &format!("guess {guess}")).await;
        answer.expect(401);
    }
    let seconds = wait(&login("198.51.100.1", ACCOUNT, "password").await);
    assert!(seconds <= 900, "{seconds}");
    // Its owner comes in from elsewhere, others from there.
    login("198.51.100.2", ACCOUNT, "password").await.expect(200);
    login("198.51.100.1", "super@support.local", "password")
        .await
        .expect(200);

    // Many accounts from one address: a hundred wrong ones, ten are used up.
    for guess in 0..90 {
        let nobody = format!("nobody{guess}@desk.test");
        login("198.51.100.1", &nobody, "password").await.expect(401);
    }
    wait(&login("198.51.100.1", "super@support.local", "password").await);

    // One account from many addresses: fifty, ten are used up.
    for guess in 0..40 {
        let address = format!("203.0.113.{guess}");
        login(&address, ACCOUNT, "wrong password").await.expect(401);
    }
    wait(&login("203.0.113.99", ACCOUNT, "password").await);
    // Where the account was used before it stays free.
    login("198.51.100.2", ACCOUNT, "password").await.expect(200);
}

pub async fn keys(scene: &Scene) {
    let good = &scene.project.key;
    let ping = async |address: &str, secret: &str| {
        let pair = Key {
            api_key: good.api_key.clone(),
            api_secret: secret.to_owned(),
        };
        from(scene.world.key(&pair), address)
            .get("/external/ping")
            .await
    };
    let secret = &good.api_secret;
    ping("192.0.2.1", secret).await.expect(200);
    let mut limited = None;
    for guess in 0..40 {
        let answer = ping("192.0.2.1", &format!("ss_{guess}")).await;
        if answer.status == 429 {
            limited = Some((guess, wait(&answer)));
            break;
        }
        answer.expect(401);
    }
    // A slow run gets one back every three seconds.
    let (guesses, seconds) = limited.unwrap();
    assert!(
        guesses >= 20 && (1..=3).contains(&seconds),
        "{guesses} {seconds}"
    );
    // The pair that was good goes on, there and elsewhere.
    for address in ["192.0.2.1", "192.0.2.2"] {
        ping(address, secret).await.expect(200);
    }
}
