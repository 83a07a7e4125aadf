//! Components of several documents side by side: what nothing refers to goes, and names that
//! mean different things in two services are told apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::merge::Part;

/// Sign-in schemes are named by word, not by reference, and are the same everywhere.
const SECURITY: &str = "securitySchemes";

/// Drops the components that no path leads to.
pub(super) fn keep_referenced(document: &mut Value) {
    let defined = components(document);
    let mut reached = BTreeSet::new();
    let mut next = references(&document["paths"]);
    while let Some(pointer) = next.pop() {
        if let Some(component) = defined
            .get(&pointer)
            .filter(|_| !reached.contains(&pointer))
        {
            next.extend(references(component));
        }
        reached.insert(pointer);
    }
    each_section(document, |section, names| {
        names.retain(|name, _| reached.contains(&pointer(section, name)));
    });
}

/// Renames, by service, every component whose name means something else in another part.
pub(super) fn part_names(parts: &mut [Part]) {
    let defined: Vec<_> = parts
        .iter()
        .map(|part| components(&part.document))
        .collect();
    let shared = ambiguous(&defined);
    let mut taken: BTreeSet<String> = defined.iter().flat_map(BTreeMap::keys).cloned().collect();
    for (part, defined) in parts.iter_mut().zip(&defined) {
        let renamed: BTreeMap<String, String> = shared
            .iter()
            .filter(|pointer| defined.contains_key(*pointer))
            .map(|pointer| (pointer.clone(), own_name(part.service, pointer, &mut taken)))
            .collect();
        rename(&mut part.document, &renamed);
    }
}

/// Pointers that are defined differently by two parts, or that lead to such a one.
fn ambiguous(defined: &[BTreeMap<String, Value>]) -> BTreeSet<String> {
    let mut meanings = BTreeMap::<&str, Vec<&Value>>::new();
    for (pointer, component) in defined.iter().flatten() {
        meanings.entry(pointer).or_default().push(component);
    }
    meanings.retain(|_, all| all.len() > 1);
    let mut found: BTreeSet<String> = meanings
        .iter()
        .filter(|(_, all)| all.windows(2).any(|pair| pair[0] != pair[1]))
        .map(|(pointer, _)| (*pointer).to_owned())
        .collect();
    loop {
        let more: Vec<String> = meanings
            .iter()
            .filter(|(pointer, _)| !found.contains(**pointer))
            .filter(|(_, all)| {
                references(all[0])
                    .iter()
                    .any(|target| found.contains(target))
            })
            .map(|(pointer, _)| (*pointer).to_owned())
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// `#/components/schemas/Row` of ticket is `#/components/schemas/TicketRow`.
fn own_name(service: &str, pointer: &str, taken: &mut BTreeSet<String>) -> String {
    let (section, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let mut own = format!("{section}/{}{name}", capitalised(service));
    while !taken.insert(own.clone()) {
        own.push('_');
    }
    own
}

fn capitalised(service: &str) -> String {
    service
        .split('-')
        .filter_map(|word| word.split_at_checked(1))
        .map(|(first, rest)| first.to_ascii_uppercase() + rest)
        .collect()
}

fn rename(document: &mut Value, renamed: &BTreeMap<String, String>) {
    each_section(document, |section, names| {
        *names = std::mem::take(names)
            .into_iter()
            .map(|(name, component)| {
                let own = renamed.get(&pointer(section, &name));
                let name = own
                    .and_then(|own| own.rsplit('/').next())
                    .unwrap_or(&name)
                    .to_owned();
                (name, component)
            })
            .collect();
    });
    each_text(document, &mut |text| {
        if let Some(own) = renamed.get(text) {
            text.clone_from(own);
        }
    });
}

/// Every component by its pointer.
fn components(document: &Value) -> BTreeMap<String, Value> {
    let sections = document["components"].as_object().into_iter().flatten();
    sections
        .filter(|(section, _)| *section != SECURITY)
        .filter_map(|(section, names)| Some((section, names.as_object()?)))
        .flat_map(|(section, names)| {
            names
                .iter()
                .map(move |(name, component)| (pointer(section, name), component.clone()))
        })
        .collect()
}

fn each_section(document: &mut Value, mut visit: impl FnMut(&str, &mut Map<String, Value>)) {
    let sections = document
        .get_mut("components")
        .and_then(Value::as_object_mut);
    for (section, names) in sections
        .into_iter()
        .flatten()
        .filter(|(section, _)| *section != SECURITY)
    {
        if let Some(names) = names.as_object_mut() {
            visit(section, names);
        }
    }
}

fn pointer(section: &str, name: &str) -> String {
    format!("#/components/{section}/{name}")
}

/// The component pointers in a value: `$ref`s, and the targets of discriminators.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.starts_with("#/components/") => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(map) => map.values().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn each_text(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, visit)),
        Value::Object(map) => map.values_mut().for_each(|item| each_text(item, visit)),
        _ => {}
    }
}
