//! End-to-end tests on the stack of the file: of those that only use a desk, each gets one of its own.

use std::{fs, path::PathBuf, process::Stdio};

use serde_json::Value;
use tokio::process::Command;
use xtask::{
    cargo,
    running::{Running, VARIABLE},
    service::Service,
};

use super::{jail::programs, running::Started};

/// The first alone with debug programs, which are slow to start; all with those of a release.
const TESTS: [&str; 18] = [
    "journey::a_ticket_travels_from_a_project_to_every_consumer",
    "journey::one_address_becomes_one_account",
    "journey::an_idempotency_key_makes_a_retry_harmless",
    "journey::a_dead_key_stops_within_a_second",
    "documents::every_route_is_in_the_document",
    "sessions::whatever_ends_a_session_ends_it_at_the_gateway",
    "sessions::of_two_refreshes_at_once_one_wins",
    "reports::every_report_follows_within_a_second",
    "reports::a_new_name_shows_in_every_report",
    "matrix::every_operation_answers_everybody_as_the_tables_say",
    "foreign::claimed::a_stranger_does_not_inherit_tickets_by_claiming_an_address",
    "foreign::fields::fields_that_are_not_the_senders_to_set_change_nothing",
    "foreign::own::a_part_of_a_file_is_as_secret_as_the_whole",
    "foreign::own::an_idempotency_key_is_its_callers_own",
    "trail::every_writing_route_leaves_a_trail",
    "operations::every_operation_takes_the_good_and_refuses_the_bad",
    "input::bad_input_is_told_apart_and_writes_nothing",
    "input::nobody_gets_in_by_claiming_to_be_somebody",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the checkers"]
async fn end_to_end_tests_pass_on_the_stack() {
    let program = end_to_end().await;
    let listed = Command::new(&program).arg("--list").output().await.unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for test in TESTS {
        let line = format!("{test}: test");
        assert!(listed.lines().any(|listed| listed == line), "no {test}");
    }
    let released = programs().ends_with("release");
    let tests = if released { &TESTS[..] } else { &TESTS[..1] };
    for test in tests {
        let started = Started::from_file().await;
        let desk = started.folder().join("desk.json");
        fs::write(&desk, serde_json::to_vec(&tell(&started)).unwrap()).unwrap();
        let mut command = Command::new(&program);
        command
            .args(["--exact", "--include-ignored", test])
            .env(VARIABLE, &desk)
            .stdin(Stdio::null());
        let output = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{test}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        started.stop().await;
    }
}

/// The desk as the tests are told of it.
fn tell(started: &Started) -> Running {
    let env = |service: Service| started.of(service).env().clone();
    let environments = Service::ALL.map(|service| (service.to_string(), env(service)));
    Running {
        postgres: started.postgres().to_owned(),
        nats: env(Service::Ticket)["SUPPORTDESK_NATS_URL"].clone(),
        folder: started.mails().parent().unwrap().to_owned(),
        environments: environments.into(),
    }
}

/// The program of the end-to-end tests, built if it is not yet.
async fn end_to_end() -> PathBuf {
    let words = ["test", "--workspace", "--test", "it", "--no-run"];
    let mut command = cargo::command(words).unwrap();
    command.arg("--message-format=json-render-diagnostics");
    command.stderr(Stdio::inherit());
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "the end-to-end tests do not build");
    let mut built = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|line| line["manifest_path"].as_str().is_some_and(is_end_to_end));
    let program = built.find_map(|line| line["executable"].as_str().map(PathBuf::from));
    program.expect("the program of the end-to-end tests")
}

fn is_end_to_end(manifest: &str) -> bool {
    manifest.ends_with("tests/e2e/Cargo.toml")
}
