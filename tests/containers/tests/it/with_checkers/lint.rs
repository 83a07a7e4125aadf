//! What linters say of the files.

use std::process::Command;

use desk_testkit::tools::checker;
use xtask::paths::root;

fn is_content(mut command: Command) {
    let output = command.current_dir(root()).output().unwrap();
    let words = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&words)
    );
}

#[test]
#[ignore = "needs the checkers"]
fn hadolint_has_nothing_to_say() {
    let mut command = checker("hadolint");
    command.args(["--failure-threshold", "style", "Dockerfile"]);
    command.arg("deploy/nats/Dockerfile");
    is_content(command);
}

#[test]
#[ignore = "needs the checkers"]
fn compose_lint_has_nothing_to_say() {
    let mut command = checker("compose-lint");
    command.args(["check", "--strict-config", "--fail-on", "low"]);
    // The file as it is committed, whatever lies beside it.
    command.args(["--no-env", "--no-merge-overrides", "docker-compose.yml"]);
    is_content(command);
}

#[test]
#[ignore = "needs the checkers"]
fn trivy_finds_nothing_high_or_critical() {
    for file in ["Dockerfile", "deploy/nats/Dockerfile"] {
        let mut command = checker("trivy");
        command.args(["config", "--skip-check-update", "--quiet"]);
        command.args(["--severity", "HIGH,CRITICAL", "--exit-code", "1", file]);
        is_content(command);
    }
}
