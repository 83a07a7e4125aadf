use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use desk_telemetry::catalogue::{self, Kind};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names in `counter!("…"`, `gauge!("…"` and `histogram!("…"` of the services and what they
/// share.
fn told() -> BTreeSet<(String, &'static str)> {
    let mut names = BTreeSet::new();
    for folder in ["services", "shared"] {
        look(&workspace().join(folder), &mut names);
    }
    names
}

fn look(folder: &Path, names: &mut BTreeSet<(String, &'static str)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            look(&path, names);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for (kind, call) in [
                ("counter", "metrics::counter!("),
                ("gauge", "metrics::gauge!("),
                ("histogram", "metrics::histogram!("),
            ] {
                for part in text.split(call).skip(1) {
                    let name = part.trim_start().strip_prefix('"').unwrap();
                    names.insert((name.split('"').next().unwrap().to_owned(), kind));
                }
            }
        }
    }
}

#[test]
fn what_is_told_is_described_and_the_other_way_round() {
    let described = catalogue::metrics().map(|metric| {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        (metric.name.to_owned(), kind)
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), told());
}

#[test]
fn names_follow_the_conventions() {
    for metric in catalogue::metrics() {
        let name = metric.name;
        assert_eq!(
            metric.kind == Kind::Counter,
            name.ends_with("_total"),
            "{name}"
        );
        if metric.kind == Kind::Histogram {
            assert!(name.ends_with("_seconds"), "{name}");
        }
        assert!(metric.help.ends_with('.'), "{name}");
        assert!(!metric.help.contains('|'), "{name} breaks the table");
    }
}

#[test]
fn the_document_holds_the_descriptions() {
    let document = fs::read_to_string(workspace().join("docs/metrics.md")).unwrap();
    let (_, tables) = document.split_once("\n## ").unwrap();
    assert_eq!(format!("\n## {tables}"), catalogue::tables());
}
