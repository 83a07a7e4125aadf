//! A person is exported and erased: afterwards nothing personal is in any database, on the stream or
//! in a file, nobody else has lost anything, and no report has changed.

use std::{fmt::Write as _, time::Duration};

use desk_testkit::{Form, eventually, eventually_within, remains};
use e2e::{Person, Project, World, stream};
use serde_json::{Value, json};
use xtask::service::Service;

/// What must be found nowhere; each stands somewhere before.
const PERSONAL: [&str; 6] = [
    "zebulon",
    "+999-zeb-phone",
    "zebsubject",
    "zebdescription",
    "zebwords",
    "zebbytes",
];
const EMAIL: &str = "zebulon@canary.test";

/// Every row of every table, a line a table.
const ROWS: &str = "select format('%I.%I', schemaname, tablename) || ' '
        || replace(query_to_xml(format('select t::text as r from %I.%I t', schemaname, tablename),
                                false, true, '')::text, E'\\n', ' ')
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')
        and has_table_privilege(format('%I.%I', schemaname, tablename), 'select')";

/// The places that still hold a word.
async fn found(world: &World, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |place: String, text: &str| {
        let text = text.to_lowercase();
        let left = words.iter().filter(|word| text.contains(**word));
        found.extend(left.map(|word| format!("{word} in {place}")));
    };
    for (service, _) in Service::with_database() {
        for table in world.sql(service, ROWS).await.lines() {
            let (name, rows) = table.split_once(' ').unwrap_or((table, ""));
            look(format!("{service}'s {name}"), rows);
        }
    }
    let mut messages = String::new();
    for message in stream::raw(world).await {
        let payload = String::from_utf8_lossy(&message.payload);
        let _ = writeln!(messages, "{} {payload}", message.subject);
    }
    look("the stream".to_owned(), &messages);
    let files = world.stack.plan().folder.join("files");
    for (file, bytes) in remains::of_folder(&files) {
        look(file, &bytes);
    }
    found
}

/// Registers, files by both doors and writes; answers the account's id.
async fn zebulon(world: &World, project: &Project, agent: &Person) -> i64 {
    let account = json!({
        "name": "Zebulon", "email": EMAIL, "phone": "+999-zeb-phone",
        "password": "password", "password_confirmation": "password",
    });
    let stranger = world.stranger();
    stranger.post("/auth/register", account).await.expect(201);
    let person = world.login(EMAIL, "password").await;
    let by_key = json!({
        "customer_name": "Zebulon", "customer_email": EMAIL, "customer_phone": "+999-zeb-phone",
        "subject": "Zebsubject", "description": "Zebdescription", "metadata": {"of": "zebulon"},
    });
    let key = world.key(&project.key);
    key.post("/external/tickets", by_key).await.expect(201);
    let own = Form::default()
        .text("project_id", &project.id.to_string())
        .text("subject", "Zebsubject")
        .text("description", "Zebdescription")
        .file("attachments[]", "log.txt", b"Zebbytes");
    let filed = person.post_form("/tickets", own).await.expect(201);
    let path = format!("/tickets/{}/messages", filed["ticket"]["id"]);
    let words = json!({"body": "Zebwords"});
    person.post(&path, words).await.expect(201);
    let answer = json!({"body": "Have you tried again?"});
    agent.post(&path, answer).await.expect(201);
    person.id
}

async fn reports(root: &Person) -> Vec<Value> {
    let mut reports = Vec::new();
    for report in ["overview", "projects", "sla", "categories"] {
        let answer = root.get(&format!("/reports/{report}")).await;
        reports.push(answer.expect(200));
    }
    reports
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_person_is_found_nowhere() {
    let world = World::start("erasing").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    let agent = world.person(&root, "agent", "agent@desk.test").await;
    world.assign_agent(&root, &project, &agent).await;
    let other = world.person(&root, "customer", "other@desk.test").await;
    let ticket = json!({"project_id": project.id, "subject": "Help", "description": "Please."});
    let others = other.post("/tickets", ticket).await.expect(201);
    let id = zebulon(&world, &project, &agent).await;
    eventually(async || stream::is_drained(&world).await).await;
    for word in PERSONAL {
        let places = found(&world, &[word]).await;
        assert!(!places.is_empty(), "{word} was nowhere before");
    }
    let before = reports(&root).await;

    let export = root.get(&format!("/admin/users/{id}/export")).await;
    let export = export.expect(200);
    assert_eq!(export["user"]["email"], EMAIL);
    assert_eq!(export["tickets"].as_array().unwrap().len(), 2);
    assert_eq!(export["messages"][0]["body"], "Zebwords");

    let erase = format!("/admin/users/{id}/erase");
    for _ in 0..2 {
        root.post(&erase, json!({})).await.expect(200);
    }
    eventually_within(Duration::from_mins(1), async || {
        stream::is_drained(&world).await && found(&world, &PERSONAL).await.is_empty()
    })
    .await;
    // Whatever consumers miss now and is said again tells of nobody.
    for service in [Service::Auth, Service::Ticket] {
        let again = "insert into outbox_pending (day, seq) select day, seq from outbox
                     on conflict do nothing";
        world.sql(service, again).await;
    }
    eventually(async || stream::is_drained(&world).await).await;
    assert_eq!(found(&world, &PERSONAL).await, Vec::<String>::new());

    assert_eq!(reports(&root).await, before);
    let path = format!("/tickets/{}", others["ticket"]["id"]);
    let kept = other.get(&path).await.expect(200);
    assert_eq!(kept["ticket"]["description"], "Please.");
    let audit = root
        .get("/admin/audit?target=user&action=user.erased")
        .await;
    assert_eq!(audit.expect(200)["total"], 1);
    world.stop().await;
}
