//! What the dashboard and the alert rules ask for.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

/// Words of the language that stand where a name could.
const WORDS: [&str; 12] = [
    "by",
    "on",
    "or",
    "and",
    "unless",
    "without",
    "ignoring",
    "offset",
    "group_left",
    "bool",
    "group_right",
    "inf",
];

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The alert rules.
pub fn rules() -> std::path::PathBuf {
    workspace().join("deploy/prometheus/rules/supportdesk.yaml")
}

/// Their tests.
pub fn rule_tests() -> std::path::PathBuf {
    workspace().join("deploy/prometheus/tests/supportdesk.yaml")
}

/// The names of all metrics that dashboard and rules ask for, but for Prometheus' own `up`.
pub fn asked() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for query in dashboard().into_iter().chain(expressions()) {
        names.extend(metrics(&query));
    }
    names.remove("up");
    names
}

/// Every `expr` of the dashboard.
fn dashboard() -> Vec<String> {
    let path = workspace().join("deploy/grafana/dashboards/supportdesk.json");
    let board: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    targets
        .flatten()
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

/// Every `expr` of the rules: the lines that are indented below it.
fn expressions() -> Vec<String> {
    let text = fs::read_to_string(rules()).unwrap();
    let parts = text.split("        expr: >-\n").skip(1);
    parts
        .map(|part| {
            part.lines()
                .take_while(|line| line.starts_with("          "))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

/// The names in a query: words that are no function, no label and no part of a text.
fn metrics(query: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = query;
    while let Some(at) = rest.find(|c: char| c.is_ascii_alphabetic() || "{[\"$".contains(c)) {
        rest = &rest[at..];
        match rest.as_bytes()[0] {
            b'{' => rest = after(rest, '}'),
            b'[' => rest = after(rest, ']'),
            b'"' => rest = after(&rest[1..], '"'),
            b'$' => rest = &rest[1..],
            _ => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let (word, behind) = rest.split_at(end);
                let follows = behind.trim_start();
                if word == "by" || word == "on" {
                    rest = after(behind, ')');
                    continue;
                }
                // A function's or an aggregation's name is followed by its arguments or labels.
                let is_call = ["(", "by (", "without ("]
                    .iter()
                    .any(|next| follows.starts_with(next));
                if !is_call && !WORDS.contains(&word) {
                    names.insert(word.to_owned());
                }
                rest = behind;
                // A time such as `15m` behind `offset`.
                if word == "offset" {
                    rest = follows.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
                }
            }
        }
    }
    names
}

fn after(text: &str, end: char) -> &str {
    let at = text.find(end).unwrap_or(text.len() - 1);
    &text[at + 1..]
}

#[test]
fn names_are_found_in_queries() {
    for (query, names) in [
        (
            r#"sum by (job, le) (rate(a_bucket{job=~"x|y",route!~"/i/.*"}[5m])) > 1"#,
            vec!["a_bucket"],
        ),
        ("time() - max by (c) (a_seconds) > 45", vec!["a_seconds"]),
        (
            "max(min_over_time(a[15m])) > 0 and max(b) >= max by (d) (b offset 15m)",
            vec!["a", "b"],
        ),
        (
            r#"up{job="x"} == 0 or absent(up{job="y"}) and on (job) sum(c{s="used"}) / d"#,
            vec!["c", "d", "up"],
        ),
        ("sum(rate(a[$__rate_interval])) or vector(0)", vec!["a"]),
    ] {
        let found: Vec<String> = metrics(query).into_iter().collect();
        assert_eq!(found, names, "{query}");
    }
}

#[test]
fn dashboard_and_rules_ask_for_something() {
    assert!(dashboard().len() > 20);
    assert!(expressions().len() > 20);
    assert!(asked().contains("http_request_duration_seconds_bucket"));
}

/// How each begins; nothing stands before the path where Prometheus has no label of that name.
const LINK: &str = "runbook_url: '{{ $externalLabels.runbooks }}docs/operations.md#";

/// A title's anchor, where it is of one word or words joined by hyphens.
#[test]
fn every_alert_leads_to_its_section() {
    let text = fs::read_to_string(workspace().join("docs/operations.md")).unwrap();
    let sections: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    let rules = fs::read_to_string(rules()).unwrap();
    let links: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix(LINK)?.strip_suffix('\''))
        .collect();
    assert_eq!(links.len(), rules.matches("- alert: ").count());
    for link in links {
        assert!(sections.contains(&link), "no section {link}");
    }
}
