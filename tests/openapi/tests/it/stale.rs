//! `docs/openapi.json` is renewed with the code.

use std::fs;

#[test]
fn the_committed_document_is_the_codes() {
    let committed = fs::read_to_string(openapi::path()).unwrap();
    let made = openapi::text().unwrap();
    assert!(
        committed == made,
        "docs/openapi.json is stale: cargo xtask openapi renews it"
    );
}
