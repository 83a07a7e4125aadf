//! `PUT` and `PATCH /admin/calendars/{id}`.

use axum::{Json, extract::State};
use desk_http::{Allowed, ClientAddress, Error, Path, Result, Valid, fields, openapi::ErrorBody};
use desk_identity::can::ManageSlaPolicies;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::calendar::{self, HOLIDAYS, WrappedCalendar};
use crate::{
    App,
    domain::{
        Calendar,
        calendar::{Day, Week, canonical},
    },
    store::{
        audit::{self, Target},
        calendars, configuration,
    },
};

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct UpdateCalendar {
    /// At most 255 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    name: Option<String>,
    /// IANA name.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(custom(calendar::zone)))]
    #[schema(example = "Africa/Lagos", nullable = false)]
    timezone: Option<String>,
    /// The periods of each day of the week, in place of the old ones.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(custom(calendar::hours)))]
    #[schema(nullable = false,
        value_type = Option<Object>,
        example = json!({"mon": [["09:00", "12:00"], ["13:00", "17:00"]]})
    )]
    hours: Option<Week>,
    /// At most 366 days without work, in place of the old ones.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(max = HOLIDAYS)))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["2026-12-25"]), nullable = false)]
    holidays: Option<Vec<Day>>,
}

impl UpdateCalendar {
    fn apply(self, to: Calendar) -> Calendar {
        let timezone = self.timezone.as_deref().and_then(canonical);
        Calendar {
            id: to.id,
            name: self.name.unwrap_or(to.name),
            timezone: timezone.unwrap_or(to.timezone),
            hours: self.hours.unwrap_or(to.hours),
            holidays: self
                .holidays
                .map_or(to.holidays, |days| days.into_iter().collect()),
        }
    }
}

/// Changes a calendar. Tickets filed before keep the hours that were frozen on them.
#[utoipa::path(
    method(put, patch), path = "/admin/calendars/{id}", tag = "Configuration",
    operation_id = "update_calendar",
    params(("id" = i64, Path, description = "Calendar id")),
    request_body = UpdateCalendar,
    responses(
        (status = 200, description = "The calendar", body = WrappedCalendar),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_sla_policies")))
)]
pub async fn update(
    State(app): State<App>,
    who: Allowed<ManageSlaPolicies>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<UpdateCalendar>,
) -> Result<Json<WrappedCalendar>> {
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let before = calendars::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let calendar = body.apply(before.clone());
    if calendar != before {
        calendars::update(&mut tx, &calendar).await?;
        let target = Target::Calendar(id);
        audit::record(&mut tx, &by, target, Some(&before), Some(&calendar)).await?;
        tx.commit().await?;
        app.bus.wake();
    }
    Ok(Json(calendar.into()))
}
