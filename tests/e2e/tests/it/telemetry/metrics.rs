//! What `/metrics` shows of a desk with a little traffic.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use e2e::{Person, Project, World};
use reqwest::Method;
use serde_json::json;
use xtask::service::Service;

use super::promql;

/// Some figures are measured every five seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a process shows.
pub async fn shown(world: &World, service: Service) -> String {
    let answer = world.admin(service).get("/metrics").await;
    let kind = answer.headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    answer.expect(200).as_str().unwrap().to_owned()
}

/// The series in it, each with its value.
pub fn series(text: &str) -> BTreeMap<String, f64> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// A little of all traffic: tickets filed and answered, lists, a wrong key, a mail.
pub async fn traffic(world: &World, root: &Person, project: &Project) {
    let ticket = json!({
        "customer_name": "Tunde", "customer_email": "tunde@mail.test",
        "subject": "S", "description": "D", "priority": "high",
    });
    let filed = world
        .key(&project.key)
        .post("/external/tickets", ticket)
        .await
        .expect(201);
    let path = format!("/tickets/{}", filed["ticket_id"]);
    let reply = json!({"body": "Done."});
    root.post(&format!("{path}/messages"), reply)
        .await
        .expect(201);
    root.get(&path).await.expect(200);
    root.get("/reports/overview").await.expect(200);
    let mut wrong = project.key.clone();
    wrong.api_secret = "ss_wrong".into();
    world.key(&wrong).get("/external/tickets").await.expect(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_bounded_and_are_what_is_asked_for() {
    let world = World::start("metrics").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    traffic(&world, &root, &project).await;

    // Whatever the dashboard and the rules ask for is shown by some process.
    let asked = promql::asked();
    let missing = || async {
        let mut missing = asked.clone();
        for service in Service::ALL {
            for name in series(&shown(&world, service).await).keys() {
                missing.remove(name.split('{').next().unwrap());
            }
        }
        missing
    };
    let until = Instant::now() + PATIENCE;
    loop {
        let missing = missing().await;
        if missing.is_empty() {
            break;
        }
        assert!(Instant::now() < until, "nobody shows {missing:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // Every family is described.
    for service in Service::ALL {
        let text = shown(&world, service).await;
        for line in text.lines() {
            let Some(kind) = line.strip_prefix("# TYPE ") else {
                continue;
            };
            let name = kind.split(' ').next().unwrap();
            assert!(
                text.contains(&format!("# HELP {name} ")),
                "{service}: {name}"
            );
        }
    }

    // Paths, ids, methods and keys that nobody has seen add no series.
    let probe = |round: u32| {
        let (root, world, project) = (&root, &world, &project);
        async move {
            for n in 0..250 {
                let n = round * 250 + n;
                root.get(&format!("/tickets/{n}")).await;
                root.get(&format!("/nowhere/{n}")).await;
                let method = Method::from_bytes(format!("ODD{n}").as_bytes()).unwrap();
                root.send(method, &format!("/tags/{n}"), None).await;
                world
                    .key(&project.key)
                    .get(&format!("/external/tickets/N-{n}"))
                    .await;
            }
        }
    };
    let count = || async {
        let mut counts = BTreeMap::new();
        for service in [Service::Gateway, Service::ExternalGateway, Service::Ticket] {
            let text = shown(&world, service).await;
            let names = series(&text)
                .into_keys()
                .filter(|name| name.starts_with("http_"));
            counts.insert(service, names.collect::<BTreeSet<_>>());
        }
        counts
    };
    probe(0).await;
    let before = count().await;
    for round in 1..4 {
        probe(round).await;
    }
    let after = count().await;
    assert_eq!(before, after);
    for (service, names) in &after {
        assert!(names.len() < 600, "{service}: {}", names.len());
    }
    let gateway = &after[&Service::Gateway];
    for route in ["unmatched", "/api/tickets/{*path}", "/api/external/{*path}"] {
        assert!(
            gateway
                .iter()
                .any(|name| name.contains(&format!("route=\"{route}\""))),
            "{route}"
        );
    }
    world.stop().await;
}
