//! What a container gets as its environment.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifests::{Manifests, Pod, items};

/// Where a variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<'a> {
    /// The manifest, or a map of settings.
    Plain(&'a str),
    /// A Secret.
    Secret {
        secret: &'a str,
        key: &'a str,
        optional: bool,
    },
}

/// A pod's variables by name; what cannot be told is among the problems.
pub fn of<'a>(
    manifests: &'a Manifests,
    pod: Pod<'a>,
    problems: &mut Vec<String>,
) -> BTreeMap<&'a str, Given<'a>> {
    let mut given = BTreeMap::new();
    for container in pod.containers() {
        for source in items(&container["envFrom"]) {
            let named = source["configMapRef"]["name"].as_str().unwrap_or_default();
            let Some(map) = manifests.find("ConfigMap", named) else {
                problems.push(format!("{}: there is no ConfigMap {named}", pod.title()));
                continue;
            };
            for (name, value) in map["data"].as_object().into_iter().flatten() {
                let value = Given::Plain(value.as_str().unwrap_or_default());
                if given.insert(name.as_str(), value).is_some() {
                    problems.push(format!("{} gets {name} from two ConfigMaps", pod.title()));
                }
            }
        }
        for variable in items(&container["env"]) {
            let name = variable["name"].as_str().unwrap_or_default();
            match one(variable) {
                Some(value) => drop(given.insert(name, value)),
                None => problems.push(format!("{}: whence {name} comes is not told", pod.title())),
            }
        }
    }
    given
}

fn one(variable: &Value) -> Option<Given<'_>> {
    if let Some(value) = variable["value"].as_str() {
        return Some(Given::Plain(value));
    }
    let reference = &variable["valueFrom"]["secretKeyRef"];
    Some(Given::Secret {
        secret: reference["name"].as_str()?,
        key: reference["key"].as_str()?,
        optional: reference["optional"] == true,
    })
}
