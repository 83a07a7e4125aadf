//! A project and how an update changes it.

use desk_http::Patch;
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// A project as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// URL word; never changes.
    pub slug: String,
    /// Ticket number prefix; never changes.
    pub prefix: String,
    /// What it is.
    pub description: Option<String>,
    /// Where its customers write to.
    pub support_email: Option<String>,
    /// Its website.
    pub website_url: Option<String>,
    /// IANA name.
    pub timezone: String,
    /// Free-form JSON object.
    pub settings: Value,
    /// False while disabled.
    pub is_active: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When it was soft-deleted.
    pub deleted_at: Option<OffsetDateTime>,
    /// Of its last event.
    pub sequence: i64,
}

/// An update: what is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// New name; slug and prefix stay.
    pub name: Option<String>,
    /// New description.
    pub description: Patch<String>,
    /// New support address.
    pub support_email: Patch<String>,
    /// New website.
    pub website_url: Patch<String>,
    /// New zone.
    pub timezone: Option<String>,
    /// New settings, replacing the old ones whole.
    pub settings: Option<Map<String, Value>>,
    /// Enables or disables.
    pub is_active: Option<bool>,
}

impl Changes {
    /// Writes the changes into the project; answers the names of the fields that differ now.
    pub fn apply(self, project: &mut Project) -> Vec<&'static str> {
        let changed = [
            ("name", put(&mut project.name, self.name)),
            (
                "description",
                put(&mut project.description, self.description.into_option()),
            ),
            (
                "support_email",
                put(&mut project.support_email, self.support_email.into_option()),
            ),
            (
                "website_url",
                put(&mut project.website_url, self.website_url.into_option()),
            ),
            ("timezone", put(&mut project.timezone, self.timezone)),
            (
                "settings",
                put(&mut project.settings, self.settings.map(Value::Object)),
            ),
            ("is_active", put(&mut project.is_active, self.is_active)),
        ];
        changed
            .into_iter()
            .filter_map(|(field, differs)| differs.then_some(field))
            .collect()
    }
}

fn put<T: PartialEq>(field: &mut T, new: Option<T>) -> bool {
    match new {
        Some(new) if new != *field => {
            *field = new;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn project() -> Project {
        Project {
            id: 1,
            name: "NaijaHomes".to_owned(),
            slug: "naijahomes".to_owned(),
            prefix: "NAIJ".to_owned(),
            description: Some("Homes".to_owned()),
            support_email: None,
            website_url: None,
            timezone: "UTC".to_owned(),
            settings: json!({}),
            is_active: true,
            created_at: datetime!(2026-01-01 0:00 UTC),
            updated_at: datetime!(2026-01-01 0:00 UTC),
            deleted_at: None,
            sequence: 1,
        }
    }

    #[test]
    fn only_what_differs_changes() {
        let mut seen = project();
        let changes = Changes {
            name: Some("NaijaHomes".to_owned()),
            description: Patch::Clear,
            is_active: Some(false),
            ..Changes::default()
        };
        assert_eq!(changes.apply(&mut seen), ["description", "is_active"]);
        assert_eq!(
            seen,
            Project {
                description: None,
                is_active: false,
                ..project()
            }
        );
    }

    #[test]
    fn an_empty_update_changes_nothing() {
        let mut seen = project();
        assert!(Changes::default().apply(&mut seen).is_empty());
        assert_eq!(seen, project());
    }
}
