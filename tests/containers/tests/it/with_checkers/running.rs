//! The stack as processes: started from the file as the engine would, used, and stopped.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use desk_testkit::{Form, eventually_within};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use xtask::{
    compose_env, demo, nats,
    paths::{Local, root},
    ports::{self, Ports},
    postgres::{self, Tools, psql::Psql},
    seed,
    service::Service,
};

use super::{
    model::Model,
    processes::{Places, Process},
    rights,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// The stack from its databases to its doors.
pub struct Started {
    folder: TempDir,
    server: postgres::Server,
    bus: Child,
    processes: Vec<Process>,
    before: Vec<BTreeMap<PathBuf, String>>,
}

impl Started {
    pub async fn from_file() -> Self {
        let model = Model::read(&env());
        let folder = TempDir::new().unwrap();
        let [postgres, nats, monitor] = ports::free(3).unwrap()[..] else {
            panic!("three ports")
        };
        let places = Places {
            services: Ports::free().unwrap(),
            postgres,
            nats,
        };
        let server = databases(&model, folder.path(), postgres).await;
        let bus = bus(&model, folder.path(), nats, monitor).await;

        for (service, _) in Service::with_database() {
            let name = format!("{service}-migrate");
            let mut migration = Process::prepare(&model, &name, &places, None, folder.path());
            migration.once().await;
        }
        let mut processes: Vec<Process> = Service::ALL
            .into_iter()
            .map(|service| {
                let listen = places.services.of(service);
                Process::prepare(&model, service.name(), &places, Some(listen), folder.path())
            })
            .collect();
        let before = processes.iter().map(|one| one.jail.contents()).collect();
        for process in &mut processes {
            assert!(!process.is_healthy().await);
            process.start();
        }
        for process in &mut processes {
            process.healthy().await;
        }
        Self {
            folder,
            server,
            bus,
            processes,
            before,
        }
    }

    /// PostgreSQL, as superuser.
    pub fn postgres(&self) -> &str {
        self.server.url()
    }

    /// Where all of it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn of(&self, service: Service) -> &Process {
        let at = Service::ALL.iter().position(|other| *other == service);
        &self.processes[at.unwrap()]
    }

    pub fn mails(&self) -> PathBuf {
        let volume = Path::new("/var/lib/supportdesk/mail");
        self.of(Service::Notifier).jail.inside(volume)
    }

    /// Each ends well, and has written nowhere but to its volumes.
    pub async fn stop(mut self) {
        for process in &mut self.processes {
            process.stop().await;
        }
        for (process, before) in self.processes.iter().zip(self.before) {
            assert_eq!(process.jail.contents(), before);
        }
        drop(self.bus);
        self.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the checkers"]
async fn the_stack_starts_serves_and_stops_as_the_file_says() {
    let started = Started::from_file().await;
    let address = &started.of(Service::Gateway).env()["SUPPORTDESK_LISTEN"];
    people_come(&format!("http://{address}")).await;
    let mails = started.mails();
    eventually_within(PATIENCE, || async {
        let mut files = fs::read_dir(&mails).unwrap().flatten();
        files.any(|file| file.path().extension().is_some_and(|end| end == "eml"))
    })
    .await;
    started.stop().await;
}

/// Secrets as they are made, but for two: the demo data's password, and one of NATS that could be
/// taken for a number. A test is one address and one project: their limits are raised.
fn env() -> String {
    let made = compose_env::generate().unwrap();
    let lines = made.lines().map(|line| match line.split_once('=') {
        Some((name @ "SUPPORTDESK_BOOTSTRAP_PASSWORD", _)) => format!("{name}={}", demo::PASSWORD),
        Some((name @ "SUPPORTDESK_NATS_PASSWORD", _)) => format!("{name}=7e5_31-60s"),
        _ => line.to_owned(),
    });
    let limits = [
        "SUPPORTDESK_EDGE_RATE",
        "SUPPORTDESK_EDGE_BURST",
        "SUPPORTDESK_KEY_RATE",
        "SUPPORTDESK_KEY_BURST",
        "SUPPORTDESK_KEY_FAILURES_PER_MINUTE",
    ];
    let raised = limits.map(|name| format!("{name}=100000"));
    lines.chain(raised).collect::<Vec<_>>().join("\n")
}

/// A server of its own with the databases that the file's one-shot container makes.
async fn databases(model: &Model, folder: &Path, port: u16) -> postgres::Server {
    let folder = folder.join("postgres");
    for part in ["logs", "run"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    let environment = model.container("postgres").environment();
    let settings = postgres::Settings {
        folder: &folder,
        port,
        password: &environment["POSTGRES_PASSWORD"],
        durable: false,
        connections: 100,
    };
    let server = postgres::Server::start(&settings, || Ok(())).await.unwrap();
    let tools = Tools::find_or_install(None).unwrap();
    for _ in 0..2 {
        rights::make(model, &tools, port);
    }
    rights::are_those_of_up(&Psql::new(&tools, server.url()).unwrap()).await;
    server
}

/// NATS by the file that its image has, on other ports and in another folder.
async fn bus(model: &Model, folder: &Path, port: u16, monitor: u16) -> Child {
    let tools = Local::of_checkout().unwrap().tools();
    let text = fs::read_to_string(root().join("deploy/nats/nats.conf")).unwrap();
    let [volume] = &model.container("nats").volumes()[..] else {
        panic!("one volume")
    };
    let (there, here) = (volume.display(), folder.join("nats"));
    let led = text.replace(&format!("\"{there}\""), &format!("\"{}\"", here.display()));
    assert_ne!(led, text, "the store is the volume");
    let file = folder.join("nats.conf");
    fs::write(&file, led).unwrap();
    let mut command = Command::new(nats::find_or_install(&tools).unwrap());
    command
        .arg("--config")
        .arg(file)
        .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
        .args(["--http_port", &monitor.to_string()])
        .envs(model.container("nats").environment())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let child = command.spawn().unwrap();
    let check = model.container("nats").healthcheck().unwrap();
    let url = check
        .last()
        .unwrap()
        .replace(":8222", &format!(":{monitor}"));
    let client = client();
    eventually_within(PATIENCE, || async {
        let answer = client.get(&url).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    child
}

fn client() -> Client {
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

/// Logins, projects, keys, tickets by key, replies (the demo data), then what needs the zones, the
/// volume of files, and the reports.
async fn people_come(gateway: &str) {
    let made_in = seed::run(gateway).await.unwrap();
    let admin = seed::super_admin(gateway).await.unwrap();

    let calendar = json!({
        "name": "Lagos",
        "timezone": "Africa/Lagos",
        "hours": {"mon": [["09:00", "17:00"]]},
    });
    let made = admin.send_json(Method::POST, "/admin/calendars", &calendar);
    made.await.unwrap();

    let url = format!("{gateway}/api/auth/login");
    let body = json!({"email": demo::CUSTOMER, "password": demo::PASSWORD});
    let answer = client().post(url).json(&body).send().await.unwrap();
    let customer: Value = answer.json().await.unwrap();
    let form = Form::default()
        .text("project_id", &made_in.project_id.to_string())
        .text("subject", "With a file")
        .text("description", "See the log.")
        .file("attachments[]", "error.log", b"it broke");
    let filed = client()
        .post(format!("{gateway}/api/tickets"))
        .bearer_auth(customer["access_token"].as_str().unwrap())
        .header("Content-Type", Form::CONTENT_TYPE)
        .body(form.finish())
        .send()
        .await
        .unwrap();
    let status = filed.status();
    let answer = filed.text().await.unwrap();
    assert_eq!(status.as_u16(), 201, "{answer}");

    eventually_within(PATIENCE, || async {
        let overview: Value = admin.get("/reports/overview", &[]).await.unwrap();
        overview["total_tickets"] == 5
    })
    .await;
}
