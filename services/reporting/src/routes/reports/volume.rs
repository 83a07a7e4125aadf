//! `GET /reports/volume`.

use std::collections::HashMap;

use axum::{extract::State, http::HeaderMap};
use desk_http::{Allowed, Error, Query, Result, fields::Day, openapi::ErrorBody};
use desk_identity::can::ViewReports;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, Format},
    query::{Filter, not_before},
    sheet::{Cell, Sheet},
    view::View,
};
use crate::{
    App,
    domain::{GroupBy, MAX_PERIODS},
    store::reports::volume::{self, Volume},
};

/// Which tickets, summed up by what, and how to answer.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Grouped {
    /// The first UTC day; 29 days before the last unless given.
    #[garde(skip)]
    from: Option<Day>,
    /// The last UTC day; today unless given.
    #[garde(custom(not_before(self.from)))]
    to: Option<Day>,
    /// This project alone.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    project_id: Option<i64>,
    /// `day` (the default), `week` or `month`; at most 1,000 periods.
    #[garde(skip)]
    #[param(inline)]
    group_by: Option<GroupBy>,
    /// `json` or `csv`; `Accept: text/csv` asks for CSV, too.
    #[garde(skip)]
    #[param(inline)]
    format: Option<Format>,
}

impl Grouped {
    fn filter(&self) -> Filter {
        Filter {
            from: self.from,
            to: self.to,
            project_id: self.project_id,
            format: self.format,
        }
    }
}

/// What happened in a period (reference, Reports & Analytics).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeriodRow {
    /// The day, the week's Monday, or the month's first.
    period: Day,
    /// Tickets created in it and not deleted.
    #[schema(example = 12)]
    created: i64,
    /// Tickets resolved in it and not deleted, whenever they were created.
    #[schema(example = 8)]
    resolved: i64,
}

/// Tickets created and resolved by day, week or month; periods without any are there, too.
#[utoipa::path(
    get, path = "/reports/volume", tag = "Reports", operation_id = "report_volume",
    params(Grouped),
    responses(
        (status = 200, description = "The report",
         content((Vec<PeriodRow> = "application/json"), (String = "text/csv")),
         headers(("X-Data-As-Of" = String, description = "All that was published up to then is in"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Reports are for staff", body = ErrorBody),
        (status = 404, description = "No such project, or not the caller's", body = ErrorBody),
        (status = 422, description = "A bad filter", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_reports")))
)]
pub(super) async fn volume(
    State(app): State<App>,
    who: Allowed<ViewReports>,
    headers: HeaderMap,
    Query(query): Query<Grouped>,
) -> Result<Answer<Vec<PeriodRow>>> {
    let (by, filter) = (query.group_by.unwrap_or_default(), query.filter());
    let (from, to) = filter.days(&app);
    let periods = by.periods(from, to).ok_or_else(|| {
        Error::field("group_by", format!("makes more than {MAX_PERIODS} periods"))
    })?;
    let view = View::open(&app, &who, &filter, &headers).await?;
    let found = volume::read(&app.db, &view.slice, by.as_str()).await?;
    Ok(view.answer(fill(periods, found)))
}

/// A row for every period.
fn fill(periods: Vec<Date>, found: Vec<Volume>) -> Vec<PeriodRow> {
    let found: HashMap<Date, Volume> = (found.into_iter())
        .map(|volume| (volume.period, volume))
        .collect();
    let row = |period| {
        let volume = found.get(&period);
        PeriodRow {
            period: Day(period),
            created: volume.map_or(0, |volume| volume.created),
            resolved: volume.map_or(0, |volume| volume.resolved),
        }
    };
    periods.into_iter().map(row).collect()
}

impl Sheet for Vec<PeriodRow> {
    const NAME: &'static str = "volume";
    const COLUMNS: &'static [&'static str] = &["period", "created", "resolved"];

    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
        self.into_iter()
            .map(|row| vec![row.period.into(), row.created.into(), row.resolved.into()])
    }
}
