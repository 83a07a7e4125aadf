//! NATS as the chart's values set it up is what the services expect.

use std::fs;

use serde_json::{Value, json};

use crate::{
    manifests::{Manifests, Problems, quantity, unmet},
    rendered::root,
};

/// What the stream may take by default, in thousandths of a byte (`SUPPORTDESK_STREAM_MAX_BYTES`).
const STREAM: u64 = 2 * 1024 * 1024 * 1024 * 1000;

fn values() -> Value {
    let text = fs::read_to_string(root().join("deploy/nats/values.yaml")).unwrap();
    Manifests::parse(&text).0.remove(0)
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn check(values: &Value) -> Problems {
    let config = &values["config"];
    let (cluster, jetstream) = (&config["cluster"], &config["jetstream"]);
    let room = quantity(&jetstream["fileStore"]["pvc"]["size"]);
    let replicas = format!("SUPPORTDESK_STREAM_REPLICAS={}\n", cluster["replicas"]);
    let who = &config["merge"]["authorization"];
    let user = format!(
        "nats-url=nats://{}:",
        who["user"].as_str().unwrap_or_default()
    );
    let secret = &values["container"]["env"]["NATS_PASSWORD"]["valueFrom"]["secretKeyRef"];
    unmet([
        (cluster["enabled"] == true, "it is alone"),
        (
            read("k8s/base/config/bus.env").contains(&replicas),
            "the stream has other replicas",
        ),
        (jetstream["enabled"] == true, "it keeps nothing"),
        (room > Some(STREAM), "the stream does not fit"),
        (
            jetstream["merge"]["sync_interval"] == "always",
            "what it acknowledged may be lost",
        ),
        (
            read("k8s/overlays/dev/secrets.env.example").contains(&user),
            "the services have another user",
        ),
        (
            who["password"] == "<< $NATS_PASSWORD >>",
            "the password stands there",
        ),
        (
            *secret == json!({"name": "nats", "key": "password"}),
            "the password comes from elsewhere",
        ),
    ])
    .map(str::to_owned)
    .collect()
}

#[test]
fn nats_is_set_up_as_the_services_expect() {
    assert_eq!(check(&values()), Problems::new());
    for (path, value) in [
        ("/config/cluster/enabled", json!(false)),
        ("/config/cluster/replicas", json!(1)),
        ("/config/jetstream/enabled", json!(false)),
        ("/config/jetstream/fileStore/pvc/size", json!("1Gi")),
        ("/config/jetstream/merge/sync_interval", json!("2m")),
        ("/config/merge/authorization/user", json!("nobody")),
        ("/config/merge/authorization/password", json!("secret")),
        ("/container/env/NATS_PASSWORD", json!({"value": "secret"})),
    ] {
        let mut copy = values();
        *copy.pointer_mut(path).unwrap() = value;
        assert_ne!(check(&copy), Problems::new(), "nobody minds {path}");
    }
}
