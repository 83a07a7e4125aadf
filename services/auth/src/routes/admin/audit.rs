//! `GET /admin/audit`

use axum::{Json, extract::State};
use desk_events::Change;
use desk_http::{
    Allowed, Page, Query, Result, Timestamp,
    fields::DayOrMoment,
    openapi::ErrorBody,
    page::{MAX_PAGE, MAX_PER_PAGE, Place, Slice},
};
use desk_identity::can::ManageUsers;
use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    store::audit_list::{self, Filter, Row, Target},
};

/// Which rows of the audit, and which page of them.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct List {
    /// By the user with this id.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    actor: Option<i64>,
    /// This action.
    #[garde(inner(length(chars, max = 255)))]
    #[param(example = "user.role_changed", max_length = 255)]
    action: Option<String>,
    /// To all of a kind (`project`), or to one of them (`project:7`).
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "project:7")]
    target: Option<TargetWord>,
    /// On this day or at this time, or later.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    from: Option<DayOrMoment>,
    /// On this day or at this time, or before.
    #[garde(skip)]
    #[param(value_type = Option<String>)]
    to: Option<DayOrMoment>,
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before; stays quick at any depth.
    #[garde(inner(length(max = 200)))]
    cursor: Option<String>,
}

/// `project` or `project:7`.
#[derive(Debug, Clone)]
struct TargetWord(Target);

impl<'de> Deserialize<'de> for TargetWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        target(&text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("must be like project or project:7"))
    }
}

fn target(text: &str) -> Option<Target> {
    let (kind, id) = match text.split_once(':') {
        Some((kind, id)) => (kind, Some(id.parse().ok().filter(|id| *id > 0)?)),
        None => (text, None),
    };
    let plain = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    plain.then(|| Target {
        kind: kind.to_owned(),
        id,
    })
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// `user` or `system`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// User id.
    id: Option<i64>,
    /// The user's name.
    name: String,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditTarget {
    /// `user`, `project`, `api_key`, `sla_policy`, `calendar`, `category`, `tag`, `canned_response`.
    #[serde(rename = "type")]
    kind: String,
    /// Its id.
    id: i64,
}

/// One changed field.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditChange {
    /// The field.
    field: String,
    /// Before.
    from: Value,
    /// After.
    to: Value,
}

impl From<Change> for AuditChange {
    fn from(change: Change) -> Self {
        Self {
            field: change.field,
            from: change.from,
            to: change.to,
        }
    }
}

/// Something that was administered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRow {
    /// Entry id.
    id: i64,
    /// Who did it.
    actor: AuditActor,
    /// What was done.
    #[schema(example = "user.role_changed")]
    action: String,
    /// To what.
    target: AuditTarget,
    /// Which fields changed; of long texts the beginning.
    changes: Vec<AuditChange>,
    /// Where the actor called from.
    #[schema(example = "203.0.113.9")]
    address: Option<String>,
    /// When.
    at: Timestamp,
}

impl From<Row> for AuditRow {
    fn from(row: Row) -> Self {
        let kind = row.actor_id.map_or("system", |_| "user");
        let nobody = if row.actor_id.is_some() { "" } else { "System" };
        Self {
            id: row.id,
            actor: AuditActor {
                kind,
                id: row.actor_id,
                name: row.actor_name.unwrap_or_else(|| nobody.to_owned()),
            },
            action: row.action,
            target: AuditTarget {
                kind: row.target_kind,
                id: row.target_id,
            },
            changes: row.changes.0.into_iter().map(AuditChange::from).collect(),
            address: row.address.map(|address| address.ip().to_string()),
            at: Timestamp(row.at),
        }
    }
}

/// What was administered on the whole desk, newest first. What other services did shows once they
/// have told of it.
#[utoipa::path(
    get,
    path = "/admin/audit",
    tag = "Audit",
    params(List),
    responses(
        (status = 200, description = "A page of the audit", body = Page<AuditRow>),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 422, description = "A filter or a page that does not exist", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn list_audit(
    State(app): State<App>,
    _who: Allowed<ManageUsers>,
    Query(list): Query<List>,
) -> Result<Json<Page<AuditRow>>> {
    let slice = Slice::new(list.page, list.per_page, list.cursor.as_deref())?;
    let filter = Filter {
        actor: list.actor,
        action: list.action,
        target: list.target.map(|word| word.0),
        from: list.from.map(DayOrMoment::start),
        to: list.to.map(DayOrMoment::end),
    };
    let total = audit_list::total(&app.db, &filter).await?;
    let rows = audit_list::slice(&app.db, &filter, &slice).await?;
    let page = slice.page(rows, total, |row| Place::after(row.at, row.id))?;
    Ok(Json(page.map(AuditRow::from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_kind_or_one_of_it() {
        for (text, read) in [
            ("project", Some(("project", None))),
            ("api_key:7", Some(("api_key", Some(7)))),
            ("project:", None),
            ("project:0", None),
            ("project:-1", None),
            ("project:x", None),
            ("project:1:2", None),
            (":7", None),
            ("Project", None),
        ] {
            let target = target(text);
            let seen = target.as_ref().map(|found| (found.kind.as_str(), found.id));
            assert_eq!(seen, read, "{text}");
        }
    }
}
