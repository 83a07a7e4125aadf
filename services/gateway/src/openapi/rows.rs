//! A generic page comes with its rows written out; here the row gets its name, and the page refers
//! to it, so that clients have one type for it.

use serde_json::{Map, Value, json};

/// What a page of `X` is called.
const PAGE: &str = "Page_";

/// Gives the rows of every page a schema of their own.
pub(super) fn name(document: &mut Value) {
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    let Some(schemas) = schemas else {
        return;
    };
    let mut rows = Map::new();
    for (page, schema) in schemas.iter_mut() {
        let Some(row) = page.strip_prefix(PAGE) else {
            continue;
        };
        let items = schema.pointer_mut("/properties/data/items");
        if let Some(items) = items.filter(|items| items.get("properties").is_some()) {
            let reference = json!({"$ref": format!("#/components/schemas/{row}")});
            rows.insert(row.to_owned(), std::mem::replace(items, reference));
        }
    }
    for (name, row) in rows {
        schemas.entry(name).or_insert(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_refers_to_its_rows() {
        let row = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
        let mut document = json!({"components": {"schemas": {"Page_Row": {"properties": {
            "data": {"type": "array", "items": row},
        }}}}});
        name(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Row"], row);
        assert_eq!(
            schemas["Page_Row"]["properties"]["data"]["items"],
            json!({"$ref": "#/components/schemas/Row"})
        );
    }
}
