//! `GET /reports/sla`.

use axum::{extract::State, http::HeaderMap};
use desk_events::Priority;
use desk_http::{Allowed, Query, Result, openapi::ErrorBody};
use desk_identity::can::ViewReports;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answer::Answer,
    query::Filter,
    sheet::{Cell, Sheet},
    view::View,
};
use crate::{
    App,
    store::reports::sla::{self, Deadlines, Sums},
};

/// Deadlines kept and missed (reference, Reports & Analytics).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sla {
    /// Tickets created in the range and not deleted.
    #[schema(example = 284)]
    total_tickets: i64,
    /// Missed first replies, per cent.
    #[schema(example = 3.2)]
    fr_breach_rate: f64,
    /// Missed resolutions, per cent.
    #[schema(example = 1.4)]
    res_breach_rate: f64,
    /// The same by priority, always all four.
    by_priority: ByPriority,
}

/// One entry a priority.
#[derive(Debug, Serialize, ToSchema)]
struct ByPriority {
    /// Of priority critical.
    critical: Deadlines,
    /// Of priority high.
    high: Deadlines,
    /// Of priority medium.
    medium: Deadlines,
    /// Of priority low.
    low: Deadlines,
}

/// How many deadlines were missed, in all and by priority.
#[utoipa::path(
    get, path = "/reports/sla", tag = "Reports", operation_id = "report_sla",
    params(Filter),
    responses(
        (status = 200, description = "The report",
         content((Sla = "application/json"), (String = "text/csv")),
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
pub(super) async fn sla(
    State(app): State<App>,
    who: Allowed<ViewReports>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Answer<Sla>> {
    let view = View::open(&app, &who, &filter, &headers).await?;
    let sums = sla::read(&app.db, &view.slice).await?;
    Ok(view.answer(Sla::from(sums)))
}

impl From<Vec<Sums>> for Sla {
    fn from(sums: Vec<Sums>) -> Self {
        let of = |priority: Option<Priority>| {
            let word = priority.map(Priority::as_str);
            sums.iter().find(|sums| sums.priority.as_deref() == word)
        };
        let deadlines =
            |priority| of(Some(priority)).map_or_else(Deadlines::default, |sums| sums.deadlines);
        let all = of(None);
        Self {
            total_tickets: all.map_or(0, |all| all.deadlines.total),
            fr_breach_rate: all.map_or(0.0, |all| all.fr_breach_rate),
            res_breach_rate: all.map_or(0.0, |all| all.res_breach_rate),
            by_priority: ByPriority {
                critical: deadlines(Priority::Critical),
                high: deadlines(Priority::High),
                medium: deadlines(Priority::Medium),
                low: deadlines(Priority::Low),
            },
        }
    }
}

impl Sheet for Sla {
    const NAME: &'static str = "sla";
    const COLUMNS: &'static [&'static str] = &[
        "total_tickets",
        "fr_breach_rate",
        "res_breach_rate",
        "critical_total",
        "critical_fr_breached",
        "critical_res_breached",
        "high_total",
        "high_fr_breached",
        "high_res_breached",
        "medium_total",
        "medium_fr_breached",
        "medium_res_breached",
        "low_total",
        "low_fr_breached",
        "low_res_breached",
    ];

    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
        let mut line: Vec<Cell> = vec![
            self.total_tickets.into(),
            self.fr_breach_rate.into(),
            self.res_breach_rate.into(),
        ];
        let of = self.by_priority;
        for deadlines in [of.critical, of.high, of.medium, of.low] {
            let counts = [
                deadlines.total,
                deadlines.fr_breached,
                deadlines.res_breached,
            ];
            line.extend(counts.map(Cell::from));
        }
        std::iter::once(line)
    }
}
