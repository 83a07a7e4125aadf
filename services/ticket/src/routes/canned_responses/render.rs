//! `GET /canned-responses/{id}/render`.

use axum::{Json, extract::State};
use desk_http::{Allowed, Error, Path, Query, Result, openapi::ErrorBody};
use desk_identity::can::CannedResponses;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{reader, response::WrappedResponse};
use crate::{
    App,
    domain::placeholder::{self, Facts},
    store::{canned_responses, cards, tickets},
};

/// For which ticket.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Render {
    /// Whose customer and number stand in the text.
    #[garde(required, inner(range(min = 1)))]
    #[param(required, minimum = 1)]
    ticket_id: Option<i64>,
}

/// A canned response with its placeholders filled in for a ticket: plain text, nothing escaped.
#[utoipa::path(
    get, path = "/canned-responses/{id}/render", tag = "Configuration",
    operation_id = "render_canned_response",
    params(("id" = i64, Path, description = "Canned response id"), Render),
    responses(
        (status = 200, description = "The canned response, its text rendered", body = WrappedResponse),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 404, description = "No such canned response or ticket for the caller", body = ErrorBody),
        (status = 422, description = "No ticket named", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("canned_responses")))
)]
pub async fn render(
    State(app): State<App>,
    who: Allowed<CannedResponses>,
    Path(id): Path<i64>,
    Query(query): Query<Render>,
) -> Result<Json<WrappedResponse>> {
    let ticket_id = query.ticket_id.unwrap_or_default();
    let scope = app.scope(&who.user).await?;
    let agent = app.replica.user(who.user.id).await?;
    let agent = agent.ok_or(Error::UNAUTHENTICATED)?;
    let mut conn = app.db.acquire().await?;
    let found = canned_responses::find(&mut conn, reader(&who.user), id).await?;
    let mut response = found.ok_or(Error::NotFound)?;
    if !tickets::visible(&mut conn, ticket_id, &scope).await? {
        return Err(Error::NotFound);
    }
    let cards = cards::cards(&mut conn, &[ticket_id], None).await?;
    let ticket = cards.first().ok_or(Error::NotFound)?;
    let facts = Facts {
        customer_name: &ticket.customer_name,
        ticket_number: &ticket.number,
        agent_name: &agent.name,
    };
    response.text.body = placeholder::render(&response.text.body, &facts);
    Ok(Json(response.into()))
}
