//! Files between the client and the folder: an upload that breaks off, a ticket that goes for good.

use std::path::Path;

use desk_testkit::{Form, eventually};
use e2e::{Person, Project, World, ids};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, process::Command};
use xtask::{daemon::clean_environment, service::Service};

/// Stands in everything that people wrote.
const WORDS: &str = "canary-2e6f";

/// How many files lie below the folder, complete or not.
fn objects(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { objects(&path) } else { 1 })
        .sum()
}

fn ticket(project: &Project) -> Form {
    Form::default()
        .text("project_id", &project.id.to_string())
        .text("subject", WORDS)
        .text("description", WORDS)
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::start("broken-off").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let customer = world.person(&root, "customer", "customer@desk.test").await;
    let folder = world.stack.plan().folder.join("files");

    let file = "x".repeat(5_000_000);
    let whole = ticket(&project).file("attachments[]", "large", file.as_bytes());
    let whole = whole.finish();
    let head = format!(
        "POST /api/tickets HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {}\r\n\
         content-type: {}\r\ncontent-length: {}\r\n\r\n",
        customer.token(),
        Form::CONTENT_TYPE,
        whole.len()
    );
    let gateway = world.origin();
    let address = gateway.strip_prefix("http://").unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&whole[..3_000_000]).await.unwrap();
    eventually(async || objects(&folder) == 1).await;
    drop(client);
    eventually(async || objects(&folder) == 0).await;
    let tickets = customer.get("/tickets").await.expect(200);
    assert!(ids(&tickets).is_empty());

    let again = ticket(&project).file("attachments[]", "large", file.as_bytes());
    let filed = customer.post_form("/tickets", again).await.expect(201);
    assert_eq!(filed["ticket"]["attachments"][0]["size"], 5_000_000);
    world.stop().await;
}

/// What `ticket purge` prints.
async fn purge(world: &World, words: &[&str]) -> Value {
    let mut command = std::process::Command::new(world.stack.program(Service::Ticket));
    clean_environment(&mut command);
    command
        .arg("purge")
        .args(words)
        .envs(world.stack.env(Service::Ticket))
        .env("SUPPORTDESK_LOG", "off");
    let output = Command::from(command).output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

async fn reports(agent: &Person) -> Vec<Value> {
    let mut seen = Vec::new();
    for report in [
        "overview",
        "projects",
        "agents",
        "volume",
        "sla",
        "categories",
    ] {
        seen.push(agent.get(&format!("/reports/{report}")).await.expect(200));
    }
    seen
}

#[tokio::test]
async fn a_purged_ticket_is_gone_everywhere_and_no_report_changes() {
    let world = World::start("purge").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let agent = world.person(&root, "agent", "agent@desk.test").await;
    let customer = world.person(&root, "customer", "customer@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let folder = world.stack.plan().folder.join("files");

    let mut filed = Vec::new();
    for _ in 0..2 {
        let form = ticket(&project).file("attachments[]", WORDS, WORDS.as_bytes());
        let ticket = customer.post_form("/tickets", form).await.expect(201);
        let id = ticket["ticket"]["id"].as_i64().unwrap();
        let messages = format!("/tickets/{id}/messages");
        eventually(async || agent.get(&messages).await.status == 200).await;
        agent
            .post(&messages, json!({"body": WORDS}))
            .await
            .expect(201);
        filed.push(id);
    }
    let (gone, kept) = (filed[0], filed[1]);
    let deliveries = format!("/internal/deliveries?ticket_id={gone}");
    let queued = async || {
        let queued = world.internal(Service::Notifier, &deliveries).await;
        queued.body["total"].as_i64()
    };
    eventually(async || queued().await == Some(1)).await;
    let path = format!("/tickets/{gone}");
    root.delete(&path).await.expect(200);
    let known = format!("/internal/tickets/{gone}");
    let state = async |field: &str| {
        let state = world.internal(Service::Reporting, &known).await;
        state.body[field].clone()
    };
    eventually(async || state("deleted_at").await.is_string()).await;
    let before = reports(&agent).await;

    assert_eq!(
        purge(&world, &[]).await,
        json!({"tickets": 0, "files": 0}),
        "deleted today"
    );
    let long_ago =
        format!("update tickets set deleted_at = now() - interval '31 days' where id = {gone}");
    world.sql(Service::Ticket, &long_ago).await;
    let one = json!({"tickets": 1, "files": 1});
    assert_eq!(purge(&world, &["--dry-run"]).await, one);
    assert_eq!(objects(&folder), 2);
    assert_eq!(purge(&world, &[]).await, one);
    assert_eq!(objects(&folder), 1);

    eventually(async || state("purged").await == true).await;
    eventually(async || queued().await == Some(0)).await;
    assert_eq!(reports(&agent).await, before);
    let said = format!(
        "select count(*) from outbox where aggregate_kind = 'ticket' and aggregate_id = {gone}
         and payload::text ~ '{WORDS}|customer@desk.test'"
    );
    assert_eq!(world.sql(Service::Ticket, &said).await, "0");
    let restore = format!("/admin/tickets/{gone}/restore");
    root.post(&restore, json!({})).await.expect(404);
    let still = agent.get(&format!("/tickets/{kept}")).await.expect(200);
    assert_eq!(still["ticket"]["subject"], WORDS);
    world.stop().await;
}
