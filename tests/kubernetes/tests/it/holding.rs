//! A check holds when nothing is wrong with what is rendered, and something is with every broken
//! copy.

use serde_json::Value;

use crate::{
    manifests::{Manifests, Problems, title},
    rendered::Overlay,
};

/// What is wrong with some documents.
pub type Check = fn(&Manifests) -> Problems;

/// One change that a check has to mind.
#[derive(Debug)]
pub struct Break<'a> {
    document: &'a str,
    path: &'a str,
    change: Change,
}

#[derive(Debug)]
enum Change {
    Put(Value),
    Remove,
}

/// Gives a field of a document (`Deployment/ticket`, a JSON pointer) this value.
pub fn put<'a>(document: &'a str, path: &'a str, value: impl Into<Value>) -> Break<'a> {
    let change = Change::Put(value.into());
    Break {
        document,
        path,
        change,
    }
}

/// Takes a field off a document, or the whole document where the path is empty.
pub const fn remove<'a>(document: &'a str, path: &'a str) -> Break<'a> {
    Break {
        document,
        path,
        change: Change::Remove,
    }
}

/// Adds a document.
pub fn add<'a>(document: Value) -> Break<'a> {
    put("", "", document)
}

/// Holds a check against base and all overlays, and against broken copies of production's.
pub fn holds(check: Check, breaks: &[Break<'_>]) {
    holds_in(&Overlay::ALL, check, breaks);
}

/// The same, but only these are to be right.
pub fn holds_in(overlays: &[Overlay], check: Check, breaks: &[Break<'_>]) {
    for overlay in overlays {
        let problems = check(overlay.manifests());
        assert!(problems.is_empty(), "{overlay:?}: {problems:#?}");
    }
    for broken in breaks {
        let problems = check(&broken.copy_of(Overlay::Production.manifests()));
        assert!(!problems.is_empty(), "nobody minds {broken:?}");
    }
}

impl Break<'_> {
    fn copy_of(&self, whole: &Manifests) -> Manifests {
        let mut copy = whole.clone();
        if self.document.is_empty() {
            if let Change::Put(document) = &self.change {
                copy.0.push(document.clone());
            }
            return copy;
        }
        let at = copy.0.iter().position(|each| title(each) == self.document);
        let at = at.unwrap_or_else(|| panic!("there is no {}", self.document));
        match self.path.rsplit_once('/') {
            None => drop(copy.0.remove(at)),
            Some((parent, field)) => {
                let parent = copy.0[at].pointer_mut(parent);
                let parent = parent.unwrap_or_else(|| panic!("there is no {}", self.path));
                self.change.apply(parent, &field.replace("~1", "/"));
            }
        }
        copy
    }
}

impl Change {
    fn apply(&self, parent: &mut Value, field: &str) {
        match (parent, self) {
            (Value::Object(fields), Self::Put(value)) => {
                fields.insert(field.to_owned(), value.clone());
            }
            (Value::Object(fields), Self::Remove) => {
                let removed = fields.remove(field);
                assert!(removed.is_some(), "there is no {field}");
            }
            (Value::Array(items), Self::Put(value)) if field == "-" => items.push(value.clone()),
            (Value::Array(items), Self::Put(value)) => {
                items[field.parse::<usize>().unwrap()] = value.clone();
            }
            (Value::Array(items), Self::Remove) => drop(items.remove(field.parse().unwrap())),
            (other, _) => panic!("{other} has no fields"),
        }
    }
}
