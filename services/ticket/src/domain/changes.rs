//! What differs between two states of a thing, as the audit tells of it.

use desk_events::Change;
use serde::Serialize;
use serde_json::{Map, Value};

/// The fields that differ, in the API's words; long texts as excerpts. `None`: there is no such
/// thing, before it is made or after it is deleted. The id is the audit's target already.
///
/// # Errors
/// When a state cannot be written as JSON.
pub fn between<T: Serialize>(
    before: Option<&T>,
    after: Option<&T>,
) -> serde_json::Result<Vec<Change>> {
    let (before, after) = (fields(before)?, fields(after)?);
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differing = names.into_iter().filter_map(|name| {
        let (from, to) = (before.get(name), after.get(name));
        let (from, to) = (from.unwrap_or(&Value::Null), to.unwrap_or(&Value::Null));
        (name != "id" && from != to).then(|| Change::of(name, from.clone(), to.clone()))
    });
    Ok(differing.collect())
}

fn fields<T: Serialize>(state: Option<&T>) -> serde_json::Result<Map<String, Value>> {
    match state.map(serde_json::to_value).transpose()? {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let state = json!({"id": 7, "name": "Old", "color": null, "description": "x"});
        let other = json!({"id": 7, "name": "New", "color": null, "description": "x"});
        for (before, after, told) in [
            (Some(&state), Some(&state), json!([])),
            (
                Some(&state),
                Some(&other),
                json!([{"field": "name", "from": "Old", "to": "New"}]),
            ),
            (
                None,
                Some(&state),
                json!([
                    {"field": "description", "from": null, "to": "x"},
                    {"field": "name", "from": null, "to": "Old"},
                ]),
            ),
            (
                Some(&other),
                None,
                json!([
                    {"field": "description", "from": "x", "to": null},
                    {"field": "name", "from": "New", "to": null},
                ]),
            ),
        ] {
            let changes = between(before, after).unwrap();
            assert_eq!(serde_json::to_value(changes).unwrap(), told);
        }
    }
}
