//! What the reconciler had to put right. As long as the bus keeps what it acknowledged, that must
//! be nothing: whatever is missing then was lost by the desk itself, and healing only hides it.

use std::fs;

use e2e::World;
use serde_json::{Deserializer, Value};
use xtask::service::Service;

/// The first line of a log that tells of healing.
pub fn first(world: &World) -> Option<String> {
    Service::with_database().find_map(|(service, _)| {
        let log = fs::read_to_string(world.stack.log(service)).unwrap_or_default();
        let line = log.lines().find(|line| tells_of_it(line))?;
        Some(format!("{service} healed itself: {line}"))
    })
}

fn tells_of_it(line: &str) -> bool {
    let Some((_, report)) = line.split_once("reconciled consumer=") else {
        return false;
    };
    let report = report.split_once(" report=").map(|(_, report)| report);
    let report = report.and_then(|text| Deserializer::from_str(text).into_iter::<Value>().next());
    let Some(Ok(report)) = report else {
        return false;
    };
    is_healing(&report)
}

/// Whether the report of a comparison tells of anything that was not as it should be; who could
/// not be asked is no such thing.
pub fn is_healing(report: &Value) -> bool {
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let owners = report["owners"].as_object();
    let lacks = |found: &Value| count(&found["missing"]) + count(&found["beyond"]) > 0;
    count(&report["healed"]) > 0 || owners.is_some_and(|owners| owners.values().any(lacks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_missing_or_wrong_is_healing() {
        for (line, healing) in [
            (
                r#"WARN reconciled consumer="a" outcome="missing" report={"owners":{"ticket":{"missing":3,"beyond":0}}}"#,
                true,
            ),
            (
                r#"WARN reconciled consumer="a" outcome="whole" report={"owners":{},"healed":1}"#,
                true,
            ),
            (
                r#"WARN reconciled consumer="a" outcome="failed" report={"owners":{"ticket":{"missing":0,"beyond":0}},"failed":{"auth":"503"}}"#,
                false,
            ),
            ("INFO consuming consumer=\"a\"", false),
        ] {
            assert_eq!(tells_of_it(line), healing, "{line}");
        }
    }
}
