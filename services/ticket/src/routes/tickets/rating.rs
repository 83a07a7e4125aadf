//! `POST /tickets/{id}/rating`.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::ETAG},
    response::{IntoResponse, Response},
};
use desk_http::{Allowed, Path, Result, Timestamp, Valid, openapi::ErrorBody};
use desk_identity::can::RateResolvedTickets;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::RatingBrief;
use crate::{
    App,
    domain::rate,
    routes::{
        precondition::{IfMatch, etag},
        refuse,
    },
    store::{
        ratings::{self, NewRating},
        tickets,
    },
};

/// A verdict on the solution.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateRating {
    /// 1 to 5.
    #[garde(required, inner(range(min = 1, max = 5)))]
    #[schema(required, nullable = false, minimum = 1, maximum = 5)]
    score: Option<i16>,
    /// At most 2,000 characters.
    #[garde(inner(length(chars, max = 2_000)))]
    #[schema(max_length = 2000)]
    comment: Option<String>,
}

/// The rating, wrapped.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedRating {
    /// The rating.
    rating: RatingBrief,
}

/// Rates a resolved ticket, once: the customer's own, or any as an admin.
#[utoipa::path(
    post, path = "/tickets/{id}/rating", tag = "Tickets", operation_id = "rate_ticket",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    request_body = CreateRating,
    responses(
        (status = 201, description = "The rating", body = WrappedRating),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Customers and admins only", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 409, description = "Not resolved, rated already, or changed meanwhile", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("rate_resolved_tickets")))
)]
pub async fn rate(
    State(app): State<App>,
    who: Allowed<RateResolvedTickets>,
    Path(id): Path<i64>,
    if_match: IfMatch,
    Valid(body): Valid<CreateRating>,
) -> Result<Response> {
    let scope = app.scope(&who.user).await?;
    let mut tx = app.db.begin().await?;
    let ticket = super::lock(&mut tx, id, &scope).await?;
    if_match.check(ticket.version)?;
    let rating = NewRating {
        score: body.score.unwrap_or_default(),
        comment: body.comment,
        user_id: who.user.id,
    };
    let is_rated = ratings::exists(&mut tx, id).await?;
    let now = ticket.moment(app.clock.now());
    let write = rate::rate(&ticket, is_rated, rating.score, who.user.actor(), now);
    let write = write.map_err(refuse)?;
    ratings::insert(&mut tx, id, &rating, now).await?;
    tickets::apply(&mut tx, &write).await?;
    tx.commit().await?;
    app.bus.wake();
    let wrapped = WrappedRating {
        rating: RatingBrief {
            score: rating.score,
            comment: rating.comment,
            created_at: Timestamp(now),
        },
    };
    let mut response = (StatusCode::CREATED, Json(wrapped)).into_response();
    if let Some(etag) = etag(write.ticket.version) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}
