//! What holds for every container.

use std::collections::BTreeSet;

use xtask::{compose_env, service::Service};

use super::model::{Model, config};

/// The one that a bare `up` offers outside.
const OPEN: &str = "gateway";
/// Images with nothing inside that could ask.
const WITHOUT_HEALTHCHECK: [&str; 2] = ["otel-collector", "jaeger"];

#[test]
#[ignore = "needs the checkers"]
fn each_secret_has_to_be_given() {
    let env = compose_env::generate().unwrap();
    let lines: Vec<&str> = env.lines().filter(|line| !line.starts_with('#')).collect();
    for lacking in &lines {
        let name = lacking.split_once('=').unwrap().0;
        let others = lines.iter().filter(|line| line != &lacking);
        let others = others.copied().collect::<Vec<_>>().join("\n");
        let output = config(&others, &["--profile", "*"]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name} has a default");
        assert!(words.contains(name), "{name}: {words}");
        assert!(words.contains("cargo xtask compose-env"), "{words}");
    }
}

#[test]
#[ignore = "needs the checkers"]
fn every_container_is_confined() {
    let model = Model::with_secrets();
    for (name, container) in model.containers() {
        let (uid, gid) = container.user();
        assert!(uid > 0 && gid > 0, "{name} is root");
        assert_eq!(container.get("read_only"), true, "{name}");
        assert_eq!(container.get("cap_drop")[0], "ALL", "{name}");
        let options = container.get("security_opt").to_string();
        assert!(options.contains("no-new-privileges:true"), "{name}");
        assert!(container.get("privileged").is_null(), "{name}");
        let limits = &container.get("deploy")["resources"]["limits"];
        for limit in ["cpus", "memory", "pids"] {
            assert!(!limits[limit].is_null(), "{name} has no limit of {limit}");
        }
        for (here, there) in container.binds() {
            assert!(here.exists(), "{name}: {}", here.display());
            let mounts = container.get("volumes").as_array().unwrap();
            let mount = mounts
                .iter()
                .find(|mount| there == *mount["target"].as_str().unwrap());
            assert_eq!(mount.unwrap()["read_only"], true, "{name}");
        }
        let once = container.get("restart") == "no";
        let lacks_check = container.healthcheck().is_none();
        assert_eq!(
            lacks_check,
            once || WITHOUT_HEALTHCHECK.contains(&name),
            "{name}"
        );
    }
}

#[test]
#[ignore = "needs the checkers"]
fn only_the_gateway_can_be_reached_and_only_from_this_machine() {
    let model = Model::with_secrets();
    for (name, container) in model.containers() {
        let ports = container.get("ports").as_array().into_iter().flatten();
        let mut published = 0;
        for port in ports {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}");
            published += 1;
        }
        let watching = !container.get("profiles").is_null();
        assert!(published == 0 || watching || name == OPEN, "{name}");
    }
    let networks = model.part("networks");
    for network in ["desk", "data"] {
        assert_eq!(networks[network]["internal"], true, "{network}");
    }
    let with_data: BTreeSet<&str> = model
        .containers()
        .filter(|(_, container)| container.networks().contains(&"data"))
        .map(|(name, _)| name)
        .collect();
    assert!(!with_data.contains(OPEN) && with_data.contains("postgres"));
}

#[test]
#[ignore = "needs the checkers"]
fn who_needs_something_waits_for_it() {
    let model = Model::with_secrets();
    let healthy = Some(&"service_healthy");
    let done = Some(&"service_completed_successfully");
    let databases = model.container("databases");
    assert_eq!(databases.waits_for().get("postgres"), healthy);
    for (service, _) in Service::with_database() {
        let migration = format!("{service}-migrate");
        let waits = model.container(&migration).waits_for();
        assert_eq!(waits.get("databases"), done, "{migration}");
        let waits = model.service(service).waits_for();
        assert_eq!(waits.get(migration.as_str()), done, "{service}");
    }
    for service in Service::ALL {
        let waits = model.service(service).waits_for();
        if service == Service::Gateway {
            for other in Service::ALL.into_iter().filter(|other| *other != service) {
                assert_eq!(waits.get(other.name()), healthy, "{other}");
            }
        } else {
            assert_eq!(waits.get("nats"), healthy, "{service}");
        }
    }
}

#[test]
#[ignore = "needs the checkers"]
fn prometheus_asks_every_service_where_its_metrics_are() {
    let file = xtask::paths::root().join("deploy/prometheus/prometheus.yml");
    let text = std::fs::read_to_string(file).unwrap();
    for service in Service::ALL {
        let target = format!("\"{service}:{}\"", service.admin_port());
        assert!(text.contains(&target), "{target}");
        assert!(
            text.contains(&format!("job_name: {service}\n")),
            "{service}"
        );
    }
    assert_eq!(text.matches("targets:").count(), Service::ALL.len());
}
