//! A project and how an update changes it.

use desk_events::Change;
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
    /// Writes the changes into the project; answers what differs now.
    pub fn apply(self, project: &mut Project) -> Vec<Change> {
        let mut changes = Vec::new();
        let told = &mut changes;
        put(told, "name", &mut project.name, self.name);
        let description = self.description.into_option();
        put(told, "description", &mut project.description, description);
        let email = self.support_email.into_option();
        put(told, "support_email", &mut project.support_email, email);
        let website = self.website_url.into_option();
        put(told, "website_url", &mut project.website_url, website);
        put(told, "timezone", &mut project.timezone, self.timezone);
        put(told, "is_active", &mut project.is_active, self.is_active);
        if let Some(settings) = self.settings.map(Value::Object)
            && settings != project.settings
        {
            let (from, to) = (&project.settings, &settings);
            told.push(Change::of("settings", names(from, to), names(to, from)));
            project.settings = settings;
        }
        changes
    }
}

fn put<T: PartialEq + Clone + Into<Value>>(
    told: &mut Vec<Change>,
    name: &str,
    field: &mut T,
    new: Option<T>,
) {
    let Some(new) = new.filter(|new| new != field) else {
        return;
    };
    let before = std::mem::replace(field, new.clone());
    told.push(Change::of(name, before, new));
}

/// The names of those settings that are not there, or not the same, among the others. Their values
/// are not told: they may be secrets.
fn names(these: &Value, others: &Value) -> Vec<String> {
    let these = these.as_object().into_iter().flatten();
    these
        .filter(|(name, value)| others.get(name) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect()
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
        assert_eq!(
            changes.apply(&mut seen),
            [
                Change::of("description", "Homes", Value::Null),
                Change::of("is_active", true, false),
            ]
        );
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
    fn of_settings_only_the_names_are_told() {
        let mut seen = project();
        seen.settings = json!({"same": 1, "token": "old", "gone": true});
        let settings = json!({"same": 1, "token": "new", "more": 2});
        let changes = Changes {
            settings: settings.as_object().cloned(),
            ..Changes::default()
        };
        assert_eq!(
            changes.apply(&mut seen),
            [Change::of(
                "settings",
                vec!["gone", "token"],
                vec!["more", "token"]
            )]
        );
        assert_eq!(seen.settings, settings);
    }

    #[test]
    fn an_empty_update_changes_nothing() {
        let mut seen = project();
        assert!(Changes::default().apply(&mut seen).is_empty());
        assert_eq!(seen, project());
    }
}
