//! Prometheus' own checks of rules and metrics.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use desk_testkit::{eventually, tools::promtool};
use e2e::World;
use xtask::service::Service;

use super::{
    metrics::{series, shown, traffic},
    promql,
};

fn passes(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "needs promtool: `cargo xtask test` fetches it, where it can be had"]
fn the_alert_rules_are_well_formed() {
    passes(promtool().args(["check", "rules"]).arg(promql::rules()));
}

#[test]
#[ignore = "needs promtool: `cargo xtask test` fetches it, where it can be had"]
fn every_alert_rings_when_it_should_and_only_then() {
    passes(promtool().args(["test", "rules"]).arg(promql::rule_tests()));
    let rules = std::fs::read_to_string(promql::rules()).unwrap();
    let tests = std::fs::read_to_string(promql::rule_tests()).unwrap();
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    for name in names {
        for what in ["rings", "is silent"] {
            let title = format!("- name: {name} {what}\n");
            assert!(tests.contains(&title), "no test that {name} {what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs promtool: `cargo xtask test` fetches it, where it can be had"]
async fn every_process_shows_clean_metrics() {
    let world = World::start("lint").await;
    let root = world.super_admin().await;
    let project = world.project(&root, "NaijaHomes").await;
    traffic(&world, &root, &project).await;
    eventually(|| async {
        let all = series(&shown(&world, Service::Notifier).await);
        all.keys()
            .any(|name| name.starts_with("notifier_mails_total"))
    })
    .await;
    for service in Service::ALL {
        let text = shown(&world, service).await;
        let mut check = promtool()
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        check
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = check.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && words.is_empty(),
            "{service}: {words}"
        );
    }
    world.stop().await;
}
