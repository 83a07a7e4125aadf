//! Where a secret could have stayed.

use std::{fmt::Write as _, fs, path::Path};

use e2e::{World, stream::raw};
use xtask::{
    postgres::{Tools, psql::Psql},
    service::Service,
};

use super::secrets::Secrets;
use crate::collector::Collector;

/// A place, as text.
pub struct Place {
    /// What to call it.
    pub name: String,
    /// All that stands there.
    pub text: String,
}

/// Every table of every database, every message of the stream, what metrics tell, and what a
/// process was called with.
pub async fn of_running(world: &World) -> Vec<Place> {
    let mut places = tables(world).await;
    let messages = raw(world).await;
    assert!(messages.len() > 5, "a silent stream");
    let mut text = String::new();
    for message in messages {
        let payload = String::from_utf8_lossy(&message.payload);
        let _ = writeln!(text, "{} {:?} {payload}", message.subject, message.headers);
    }
    places.push(Place {
        name: "the stream".into(),
        text,
    });
    for service in Service::ALL {
        let answer = world.admin(service).get("/metrics").await;
        places.push(Place {
            name: format!("metrics of {service}"),
            text: answer.body.to_string(),
        });
        let pid = world.stack.pid(service).unwrap();
        places.push(Place {
            name: format!("arguments of {service}"),
            text: read(Path::new(&format!("/proc/{pid}/cmdline"))),
        });
    }
    places
}

/// What a stopped desk leaves: logs and other files, and the traces that it had sent.
pub fn of_stopped(world: &World, collector: &Collector) -> Vec<Place> {
    let mut places = Vec::new();
    files(&world.stack.plan().folder, &mut places);
    for service in Service::ALL {
        let name = world.stack.log(service).display().to_string();
        let log = places.iter().find(|place| place.name == name).unwrap();
        assert!(log.text.contains("DEBUG"), "{service} says too little");
    }
    let text = collector.text();
    for service in Service::ALL {
        assert!(text.contains(service.name()), "no traces of {service}");
    }
    places.push(Place {
        name: "the traces".into(),
        text,
    });
    places
}

async fn tables(world: &World) -> Vec<Place> {
    let mut places = Vec::new();
    for (service, _) in Service::with_database() {
        let psql = superuser(world, service);
        let names = psql
            .run(
                "select format('%I.%I', schemaname, tablename) from pg_tables
                 where schemaname not in ('pg_catalog', 'information_schema')",
            )
            .await
            .unwrap();
        for table in names.lines() {
            let rows = psql
                .run(&format!("select t::text from {table} t;"))
                .await
                .unwrap();
            let name = format!("{service}'s {}", table.trim_start_matches("public."));
            places.push(Place { name, text: rows });
        }
    }
    places
}

/// Hashes have one home each.
pub async fn plant_hashes(world: &World, secrets: &mut Secrets) {
    for (service, home, hashes) in [
        (
            Service::Auth,
            "auth's users",
            "select right(password_hash, 30) from users where password_hash is not null",
        ),
        (
            Service::Project,
            "project's api_keys",
            "select encode(secret_hash, 'hex') from api_keys",
        ),
    ] {
        let rows = world.sql(service, hashes).await;
        assert_ne!(rows, "", "{service} has no hash");
        for hash in rows.lines() {
            secrets.at_home("a hash", hash, Some(home));
        }
    }
}

/// A service's database, by the one role that may do everything.
pub fn superuser(world: &World, service: Service) -> Psql {
    let plan = world.stack.plan();
    let database = format!("{}{}", plan.database_prefix, service.database().unwrap());
    let tools = Tools::find_or_install(None).unwrap();
    Psql::new(&tools, &plan.postgres).unwrap().on(&database)
}

fn files(folder: &Path, places: &mut Vec<Place>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, places);
        } else {
            let is_mail = path.extension().is_some_and(|kind| kind == "eml");
            let name = if is_mail {
                "a mail".to_owned()
            } else {
                path.display().to_string()
            };
            let text = read(&path);
            places.push(Place { name, text });
        }
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}
