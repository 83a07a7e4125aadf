//! The short form of the chaos, and the mutants' patches.

use chaos::{Wanted, mutants, plan::Extent};

/// Long ones are `cargo xtask chaos`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_doubled_whoever_dies() {
    let wanted = Wanted {
        extent: Extent::SHORT,
        seed: 14,
        binaries: None,
        impatient: false,
    };
    let report = chaos::run(&wanted).await.unwrap();
    let table = report.table().unwrap();
    println!("{table}");
    assert!(!report.is_bad(), "{table}");
}

#[test]
fn every_mutant_can_still_be_planted() {
    let mutants = mutants::all().unwrap_or_else(|error| panic!("{error:#}"));
    let names: Vec<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
    assert_eq!(names, ["ack-before-commit", "no-idempotence", "no-outbox"]);
}
