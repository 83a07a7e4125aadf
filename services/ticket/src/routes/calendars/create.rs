//! `POST /admin/calendars`.

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{Allowed, ClientAddress, Result, Valid, openapi::ErrorBody};
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
        calendars,
    },
};

/// New business hours.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateCalendar {
    /// At most 255 characters.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    name: Option<String>,
    /// IANA name.
    #[garde(required, inner(custom(calendar::zone)))]
    #[schema(required, nullable = false, example = "Africa/Lagos")]
    timezone: Option<String>,
    /// The periods of each day of the week, `mon` to `sun`. One that ends no later than it begins
    /// goes over midnight; a whole day is 00:00 to 24:00.
    #[garde(required, inner(custom(calendar::hours)))]
    #[schema(
        required, value_type = Object,
        example = json!({"mon": [["09:00", "12:00"], ["13:00", "17:00"]]})
    )]
    hours: Option<Week>,
    /// At most 366 days without work; shifts that begin on them are left out.
    #[garde(inner(length(max = HOLIDAYS)))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["2026-12-25"]))]
    holidays: Option<Vec<Day>>,
}

impl CreateCalendar {
    fn calendar(self) -> Calendar {
        let timezone = self.timezone.as_deref().and_then(canonical);
        Calendar {
            id: 0,
            name: self.name.unwrap_or_default(),
            timezone: timezone.unwrap_or_default(),
            hours: self.hours.unwrap_or_default(),
            holidays: self.holidays.into_iter().flatten().collect(),
        }
    }
}

/// Makes a calendar, for policies to name.
#[utoipa::path(
    post, path = "/admin/calendars", tag = "Configuration", operation_id = "create_calendar",
    request_body = CreateCalendar,
    responses(
        (status = 201, description = "The calendar", body = WrappedCalendar),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_sla_policies")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<ManageSlaPolicies>,
    address: ClientAddress,
    Valid(body): Valid<CreateCalendar>,
) -> Result<(StatusCode, Json<WrappedCalendar>)> {
    let mut calendar = body.calendar();
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    calendar.id = calendars::insert(&mut tx, &calendar).await?;
    let target = Target::Calendar(calendar.id);
    audit::record(&mut tx, &by, target, None, Some(&calendar)).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok((StatusCode::CREATED, Json(calendar.into())))
}
