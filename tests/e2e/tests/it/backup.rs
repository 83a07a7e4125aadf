//! The rehearsal of `docs/operations.md`: a physical backup of the databases taken while the desk
//! works, the files after it, and a desk that goes on from them without its bus.

use std::{collections::BTreeMap, fs, path::Path};

use e2e::{Person, World, load::Load, truth::settled};
use serde_json::json;
use xtask::{
    paths, ports,
    postgres::{self, Server, Settings},
    secrets::random,
    service::Service,
    stack::Plan,
};

const BEFORE: u32 = 40;
const MEANWHILE: u32 = 80;

async fn server(folder: &Path, password: &str) -> Server {
    for part in ["logs", "run"] {
        paths::make(&folder.join(part)).unwrap();
    }
    let settings = Settings {
        folder,
        port: ports::free(1).unwrap()[0],
        password,
        durable: true,
        connections: 200,
    };
    Server::start(&settings, || Ok(())).await.unwrap()
}

fn copy_files(from: &Path, to: &Path) {
    paths::make(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Files a ticket with a file; answers the file's id.
async fn with_file(person: &Person, project: i64) -> i64 {
    let form = desk_testkit::Form::default()
        .text("project_id", &project.to_string())
        .text("subject", "A log")
        .text("description", "See the file.")
        .file("attachments[]", "error.log", b"what went wrong");
    let filed = person.post_form("/tickets", form).await.expect(201);
    filed["ticket"]["attachments"][0]["id"].as_i64().unwrap()
}

async fn rows(world: &World, service: Service, query: &str) -> BTreeMap<String, String> {
    let rows = world.sql(service, query).await;
    rows.lines()
        .filter_map(|row| row.split_once('|'))
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_goes_on_from_its_backup() {
    let plan = World::plan("backup");
    let (first, second) = (plan.folder.join("first"), plan.folder.join("second"));
    let password = random();
    let mut origin = server(&first, &password).await;
    let world = World::from_plan(Plan {
        postgres: origin.url().to_owned(),
        ..plan
    })
    .await;
    let root = world.super_admin().await;
    let load = Load::of(&world).await;
    let file = with_file(&root, load.project_id()).await;
    load.start(BEFORE).join_all().await;
    let acknowledged = load.done().tickets.lock().unwrap().clone();

    // The databases first and the files after them: whatever a row names is there.
    let working = load.start(MEANWHILE);
    origin.copy_to(&second).await.unwrap();
    let files = world.stack.plan().folder.join("files");
    copy_files(&files, &second.join("files"));
    working.join_all().await;
    let plan = world.stack.plan().clone();
    world.stop().await;
    origin.stop().await;

    // All else is lost, the bus too.
    let mut restored = server(&second, &password).await;
    let plan = Plan {
        postgres: restored.url().to_owned(),
        bus_prefix: format!("{}-again", plan.bus_prefix),
        ..plan
    };
    let files = second.join("files").display().to_string();
    let plan = plan.with(Service::Ticket, "SUPPORTDESK_FILES_FOLDER", &files);
    let world = World::from_plan(plan).await;
    let root = world.super_admin().await;
    for service in [
        Service::Auth,
        Service::Project,
        Service::Ticket,
        Service::Reporting,
        Service::SlaWorker,
        Service::Notifier,
    ] {
        assert!(world.run(service, &["reconcile"]).await, "{service}");
    }
    settled(&world).await;

    // Nothing that was acknowledged before the backup began is missing.
    let tickets = rows(&world, Service::Ticket, "select number, id from tickets").await;
    for (number, id) in &acknowledged {
        assert_eq!(tickets.get(number), Some(&id.to_string()), "{number}");
    }
    let kept = tickets.len();
    assert!(
        kept >= acknowledged.len() && kept <= acknowledged.len() + MEANWHILE as usize + 1,
        "{kept}"
    );
    let bytes = root.get(&format!("/attachments/{file}")).await;
    assert_eq!(bytes.expect(200), json!("what went wrong"));

    // The copies and the reports are those of the restored tickets, and the desk goes on.
    let versions = "select id, version from tickets";
    let copies = "select id, sequence from tickets";
    let truth = rows(&world, Service::Ticket, versions).await;
    assert_eq!(rows(&world, Service::Reporting, copies).await, truth);
    assert_eq!(rows(&world, Service::SlaWorker, copies).await, truth);
    let ticket =
        json!({"project_id": load.project_id(), "subject": "Again", "description": "Here."});
    let filed = root.post("/tickets", ticket).await.expect(201);
    let number = filed["ticket"]["ticket_number"].as_str().unwrap();
    assert!(!tickets.contains_key(number), "{number} was given twice");
    settled(&world).await;
    assert!(world.run(Service::Reporting, &["verify"]).await);
    assert!(world.run(Service::SlaWorker, &["verify"]).await);
    world.stop().await;
    restored.stop().await;
    for folder in [first, second] {
        postgres::remove_home(&folder).unwrap();
    }
}
