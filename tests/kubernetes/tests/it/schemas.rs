//! Every document fits the schemas of Kubernetes, and no known weakness is in it.

use std::{fs, path::Path, process::Output};

use desk_testkit::tools;
use tempfile::TempDir;

use crate::rendered::Overlay;

/// The oldest version whose schemas are at hand and that has all that is used here, and the newest.
const VERSIONS: [&str; 2] = ["1.31.0", "1.37.0"];

fn validate(yaml: &str, version: &str) -> Output {
    in_file(yaml, |path| {
        let mut command = tools::checker("kubernetes-validate");
        command
            .args(["--strict", "-k", version])
            .arg(path)
            .output()
            .unwrap()
    })
}

fn scan(yaml: &str) -> Output {
    in_file(yaml, |path| {
        let mut command = tools::checker("trivy");
        command.args([
            "config",
            "--skip-check-update",
            "--severity",
            "HIGH,CRITICAL",
        ]);
        command
            .args(["--exit-code", "1", "--quiet"])
            .arg(path)
            .output()
            .unwrap()
    })
}

fn in_file<T>(yaml: &str, use_it: impl FnOnce(&Path) -> T) -> T {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("manifests.yaml");
    fs::write(&path, yaml).unwrap();
    use_it(&path)
}

fn words(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_documents_fit_the_schemas() {
    for overlay in Overlay::ALL {
        for version in VERSIONS {
            let output = validate(&overlay.rendered().yaml, version);
            assert!(
                output.status.success(),
                "{overlay:?} {version}: {}",
                words(&output)
            );
            let words = words(&output);
            // Those that it does not know are looked at elsewhere.
            let unknown = words
                .lines()
                .filter(|line| line.contains("Couldn't find schema"));
            for line in unknown {
                assert!(line.contains("monitoring.coreos.com/v1"), "{line}");
            }
            assert!(
                words.contains("deployment/ticket against version"),
                "{words}"
            );
        }
    }
    let yaml = &Overlay::Production.rendered().yaml;
    for (right, wrong) in [
        (
            "terminationGracePeriodSeconds: 60",
            "terminationGraceSeconds: 60",
        ),
        (
            "terminationGracePeriodSeconds: 60",
            "terminationGracePeriodSeconds: long",
        ),
        ("unhealthyPodEvictionPolicy", "unhealthyPodsEvictionPolicy"),
    ] {
        let broken = yaml.replacen(right, wrong, 1);
        assert_ne!(broken, *yaml, "{right} is not there");
        assert!(
            !validate(&broken, VERSIONS[0]).status.success(),
            "nobody minds {wrong}"
        );
    }
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_no_weakness_is_known() {
    for overlay in Overlay::ALL {
        let output = scan(&overlay.rendered().yaml);
        assert!(output.status.success(), "{overlay:?}: {}", words(&output));
    }
    let yaml = &Overlay::Production.rendered().yaml;
    let broken = yaml.replacen(
        "readOnlyRootFilesystem: true",
        "readOnlyRootFilesystem: false",
        1,
    );
    assert!(
        !scan(&broken).status.success(),
        "nobody minds a writable image"
    );
}
