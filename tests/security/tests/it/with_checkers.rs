//! Dependencies: known advisories, licences, sources, doubles, and none that nobody uses. Beside
//! them, secrets that were committed.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use desk_testkit::tools::checker;

use crate::root;

fn succeeds(command: &mut Command) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.current_dir(root()).output().unwrap();
    let words = [stdout, stderr].concat();
    assert!(status.success(), "{}", String::from_utf8_lossy(&words));
}

/// The one archive of advisories that lies here.
fn archive() -> PathBuf {
    let folder = fs::read_dir(root().join("xtask/checkers/advisories")).unwrap();
    let mut archives: Vec<PathBuf> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "xz"))
        .collect();
    assert_eq!(archives.len(), 1, "{archives:?}");
    archives.remove(0)
}

#[test]
#[ignore = "needs the checkers"]
fn no_dependency_has_a_known_advisory() {
    let folder = tempfile::tempdir().unwrap();
    succeeds(
        checker("python")
            .args(["-m", "tarfile", "--extract"])
            .arg(archive())
            .arg(folder.path()),
    );
    succeeds(
        checker("cargo-audit")
            .args(["audit", "--no-fetch", "--deny", "warnings", "--db"])
            .arg(folder.path().join("advdb")),
    );
}

#[test]
#[ignore = "needs the checkers"]
fn licences_sources_and_doubles_are_known() {
    succeeds(checker("cargo-deny").args(["check", "bans", "licenses", "sources"]));
}

#[test]
#[ignore = "needs the checkers"]
fn no_secret_lies_in_the_tree() {
    let words = "fs --scanners secret --skip-check-update --skip-db-update --exit-code 1 --quiet \
                 --skip-dirs target --skip-dirs .local --skip-dirs .git .";
    succeeds(checker("trivy").args(words.split_whitespace()));
}

#[test]
#[ignore = "needs the checkers"]
fn no_dependency_is_there_for_nothing() {
    succeeds(&mut checker("cargo-shear"));
}
