//! `GET /external/tickets`.

use axum::{Json, extract::State};
use desk_events::{Priority, Status};
use desk_http::{
    KeyHolder, Page, Paging, Query, Result,
    openapi::{ErrorBody, PriorityWord, StatusWord},
    page::{MAX_PAGE, MAX_PER_PAGE},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::ExternalRow;
use crate::{
    App,
    domain::Scope,
    routes::tickets::cursor,
    store::{
        cards,
        list::{Filter, List, Sort},
    },
};

/// Which of the project's tickets.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExternalTickets {
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before; goes before `page`.
    #[garde(inner(length(bytes, max = 500)))]
    cursor: Option<String>,
    /// Of this customer.
    #[garde(inner(length(chars, max = 255)))]
    #[param(max_length = 255)]
    customer_email: Option<String>,
    /// Of this status.
    #[garde(skip)]
    #[param(inline, value_type = Option<StatusWord>)]
    status: Option<Status>,
    /// Of this priority.
    #[garde(skip)]
    #[param(inline, value_type = Option<PriorityWord>)]
    priority: Option<Priority>,
}

/// The project's tickets, newest first.
#[utoipa::path(
    get, path = "/external/tickets", tag = "External", operation_id = "list_external_tickets",
    params(ExternalTickets),
    responses(
        (status = 200, description = "A page of tickets", body = Page<ExternalRow>),
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
        (status = 422, description = "A bad filter", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn list(
    State(app): State<App>,
    who: KeyHolder,
    Query(query): Query<ExternalTickets>,
) -> Result<Json<Page<ExternalRow>>> {
    let paging = Paging::new(query.page, query.per_page);
    let window = cursor::window(query.cursor.as_deref(), Sort::NEWEST, paging)?;
    let filter = Filter {
        status: query.status,
        priority: query.priority,
        customer_email: query.customer_email.map(|email| email.to_lowercase()),
        ..Filter::default()
    };
    let scope = Scope::Project {
        project_id: who.project_id,
    };
    let mut conn = app.db.acquire().await?;
    let list = List::new(&mut conn, &scope, &filter).await?;
    let (total, found) = list
        .read(&mut conn, &app.frequent, Sort::NEWEST, window)
        .await?;
    let rows = cards::cards(&mut conn, &found.ids, None).await?;
    let next = found
        .next
        .map(|position| cursor::write(Sort::NEWEST, position))
        .transpose()?;
    let rows = rows.into_iter().map(ExternalRow::from).collect();
    Ok(Json(Page::new(rows, total.count, paging).with_next(next)))
}
