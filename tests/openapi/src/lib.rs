//! The API document as a file: `docs/openapi.json`, made from the services' own documents exactly
//! as the gateway merges them, without a running desk.

use std::path::PathBuf;

use gateway::openapi::{
    merge::{Part, merge},
    own,
};
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// Where the committed document is.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

/// The document as the gateway serves it.
///
/// # Errors
/// A part that is no JSON.
pub fn document() -> anyhow::Result<Value> {
    let services: [(&'static str, OpenApi); 5] = [
        ("auth", auth::openapi()),
        ("project", project::openapi()),
        ("ticket", ticket::openapi()),
        ("reporting", reporting::openapi()),
        ("notifier", notifier::openapi()),
    ];
    let mut parts = Vec::new();
    for (service, document) in services {
        let document = serde_json::to_value(document)?;
        parts.push(Part { service, document });
    }
    parts.push(own()?);
    Ok(merge(parts))
}

/// The document as it is committed: indented, keys in order.
///
/// # Errors
/// A part that is no JSON.
pub fn text() -> anyhow::Result<String> {
    Ok(format!("{:#}\n", document()?))
}
