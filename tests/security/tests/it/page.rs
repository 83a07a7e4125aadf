//! `docs/security.md` names a test for whatever it says.

use std::fs;

use crate::root;

/// The risks of the list that the page walks along.
const RISKS: usize = 10;

/// `path/of/file.rs::name` in backticks.
fn named(page: &str) -> Vec<(&str, &str)> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter_map(|words| words.split_once("::")).collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let tests = named(&page);
    assert!(tests.len() > 40, "only {} are named", tests.len());
    for (path, name) in tests {
        let text = fs::read_to_string(root().join(path));
        let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
        let (before, _) = text
            .split_once(&format!("fn {name}("))
            .unwrap_or_else(|| panic!("{path} has no {name}"));
        let above: String = before.lines().rev().take(4).collect();
        assert!(
            above.contains("test"),
            "{name} of {path} is no test: {above}"
        );
    }
}

#[test]
fn every_risk_has_a_test() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    for risk in 1..=RISKS {
        let heading = format!("### API{risk} ");
        let (_, section) = page.split_once(&heading).expect("a section for each risk");
        let section = section.split("\n##").next().unwrap();
        assert!(!named(section).is_empty(), "API{risk} names no test");
    }
}
