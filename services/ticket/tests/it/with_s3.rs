//! Files in a bucket, of a real server of the S3 kind: `SeaweedFS`, which `cargo xtask test` fetches.

use std::{net::TcpListener, process::Stdio, time::Duration};

use axum::{body::Body, http::Method};
use desk_testkit::{Form, eventually, eventually_within, tools};
use futures::TryStreamExt;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use ticket::FileSettings;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::desk::{Desk, NAIJA};

const KEY_ID: &str = "desk";
const KEY: &str = "a-key-of-the-test";

/// A server of its own, with one bucket.
struct Store {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Store {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let identities = folder.path().join("identities.json");
        let who = json!({"identities": [{
            "name": "desk",
            "credentials": [{"accessKey": KEY_ID, "secretKey": KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        }]});
        std::fs::write(&identities, who.to_string()).unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let ports = free_ports();
        let mut command = Command::new(tools::s3_program());
        command
            .args(["server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"])
            .args(["-s3.port.iceberg=0", "-s3.port.lance=0"])
            .arg("-master.volumeSizeLimitMB=64")
            .arg(format!("-dir={}", data.display()))
            .arg(format!("-s3.config={}", identities.display()));
        let names = ["s3", "master", "volume", "filer"];
        for (name, pair) in names.iter().zip(ports.chunks(2)) {
            command.arg(format!("-{name}.port={}", pair[0]));
            command.arg(format!("-{name}.port.grpc={}", pair[1]));
        }
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let store = Self {
            child,
            port: ports[0],
            _folder: folder,
        };
        let listens = async || TcpStream::connect(("127.0.0.1", store.port)).await.is_ok();
        eventually_within(Duration::from_mins(1), listens).await;
        store
    }

    fn settings(&self, key: &str) -> FileSettings {
        FileSettings {
            files_folder: "unused".into(),
            s3_bucket: Some("attachments".to_owned()),
            s3_endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            s3_region: "us-east-1".to_owned(),
            s3_access_key_id: Some(KEY_ID.to_owned()),
            s3_secret_access_key: Some(SecretString::from(key)),
        }
    }
}

/// Ports that nobody listens on, for four servers with two each; below those of outgoing connections,
/// of which another test's could take one meanwhile.
fn free_ports() -> Vec<u16> {
    let mut ports = Vec::new();
    while ports.len() < 8 {
        let port = rand::random_range(10_000..32_000);
        if !ports.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            ports.push(port);
        }
    }
    ports
}

fn form() -> Form {
    Form::default()
        .text("project_id", &NAIJA.to_string())
        .text("subject", "Broken")
        .text("description", "x")
}

fn path(filed: &Value, place: usize) -> String {
    format!(
        "/attachments/{}",
        filed["ticket"]["attachments"][place]["id"]
    )
}

async fn objects(settings: &FileSettings) -> Vec<String> {
    let listed = settings.open().unwrap().list();
    let named = listed.map_ok(|object| object.object);
    named.try_collect().await.unwrap()
}

#[tokio::test]
async fn a_bucket_that_nobody_serves_costs_files_alone() {
    for scheme in ["http", "https"] {
        let settings = FileSettings {
            files_folder: "unused".into(),
            s3_bucket: Some("attachments".to_owned()),
            s3_endpoint: Some(format!("{scheme}://127.0.0.1:{}", free_ports()[0])),
            s3_region: "us-east-1".to_owned(),
            s3_access_key_id: Some(KEY_ID.to_owned()),
            s3_secret_access_key: Some(SecretString::from(KEY)),
        };
        let desk = Desk::with_files(TempDir::new().unwrap(), &settings).await;
        let with_file = form().file("attachments[]", "a", b"x");
        desk.tunde()
            .post_form("/tickets", with_file)
            .await
            .expect(503);
        desk.tunde().post_form("/tickets", form()).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs an S3 server: `cargo xtask test` fetches one, where it can be had"]
async fn files_live_in_a_bucket() {
    let mut store = Store::start().await;
    let settings = store.settings(KEY);
    let desk = Desk::with_files(TempDir::new().unwrap(), &settings).await;

    // Eight million bytes are two parts, ten letters are none.
    let large = "0123456789abcdef".repeat(500_000);
    let both = form()
        .file("attachments[]", "small.txt", b"ten letter")
        .file("attachments[]", "large.txt", large.as_bytes());
    // The server listens before it has found a place to write to.
    let until = Instant::now() + Duration::from_mins(1);
    let filed = loop {
        let answer = desk.tunde().post_form("/tickets", both.clone()).await;
        if answer.status != 503 || Instant::now() > until {
            break answer.expect(201);
        }
        sleep(Duration::from_millis(500)).await;
    };
    for (place, bytes) in [(0, "ten letter"), (1, large.as_str())] {
        let brief = &filed["ticket"]["attachments"][place];
        assert_eq!(brief["content_type"], "text/plain");
        let sent = desk.tunde().get(&path(&filed, place)).await.expect(200);
        assert!(sent == bytes, "{place}");
    }
    // Over the border between the parts.
    let range = "bytes=5242872-5242887";
    let part = desk.tunde().with_header("range", range);
    let part = part.get(&path(&filed, 1)).await;
    assert_eq!(
        part.headers["content-range"],
        "bytes 5242872-5242887/8000000"
    );
    assert_eq!(part.expect(206), large[5_242_872..5_242_888]);

    // An upload that breaks off in its second part, after the first is stored.
    let mut half = form()
        .file("attachments[]", "small.txt", b"x")
        .file("attachments[]", "large.txt", large.as_bytes())
        .broken_off();
    half.truncate(7_000_000);
    let client = desk.tunde().with_header("content-type", Form::CONTENT_TYPE);
    let broken = client.send(Method::POST, "/tickets", Body::from(half));
    broken.await.expect(400);
    eventually(async || objects(&settings).await.len() == 2).await;

    // An object that is gone.
    let gone: String =
        sqlx::query_scalar("select object from attachments where name = 'small.txt'")
            .fetch_one(&desk.db)
            .await
            .unwrap();
    settings.open().unwrap().remove(&[gone]).await.unwrap();
    desk.tunde().get(&path(&filed, 0)).await.expect(404);
    desk.tunde().get(&path(&filed, 1)).await.expect(200);

    // A store that takes nothing from us, and one that is down.
    let refused = store.settings("another key");
    let locked_out = Desk::with_files(TempDir::new().unwrap(), &refused).await;
    let answer = locked_out.tunde().post_form("/tickets", both.clone()).await;
    answer.expect(503);
    store.child.kill().await.unwrap();
    for answer in [
        desk.tunde().post_form("/tickets", both).await,
        desk.tunde().get(&path(&filed, 1)).await,
    ] {
        assert!(answer.headers.contains_key("retry-after"));
        answer.expect(503);
    }
    let count: i64 = sqlx::query_scalar("select count(*) from tickets")
        .fetch_one(&desk.db)
        .await
        .unwrap();
    assert_eq!(count, 1);
}
