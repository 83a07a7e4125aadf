//! `POST /external/tickets`.

use axum::{extract::State, http::StatusCode};
use desk_events::{Priority, Source};
use desk_http::{
    KeyHolder, Result, Timestamp, Valid, fields,
    openapi::{ErrorBody, PriorityWord, StatusWord},
};
use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    App,
    domain::filing::{Customer, Filing},
    filing,
    routes::once::{Answer, Begun, IdempotencyKey},
    store::{
        create::{Filed, ID_BLANK, KeyedAnswer, NUMBER_BLANK},
        idempotency::OwnedCallKey,
    },
};

/// A ticket that a project files for a customer.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub struct CreateExternalTicket {
    /// The customer's name.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    customer_name: Option<String>,
    /// The customer's e-mail; a new one gets an account.
    #[garde(required, inner(custom(fields::email)))]
    #[schema(required, nullable = false)]
    customer_email: Option<String>,
    /// At most 255 characters.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    subject: Option<String>,
    /// At most 65,535 characters.
    #[garde(required, inner(length(chars, min = 1, max = 65_535)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 65_535)]
    description: Option<String>,
    /// The customer's phone.
    #[garde(inner(length(chars, max = 50)))]
    #[schema(max_length = 50)]
    customer_phone: Option<String>,
    /// The project's own id of the customer: a string, or an integer that is kept as one.
    #[serde(default, deserialize_with = "string_or_integer")]
    #[garde(inner(length(chars, max = 255)))]
    #[schema(max_length = 255)]
    customer_id: Option<String>,
    /// `medium` unless told.
    #[garde(skip)]
    #[schema(value_type = Option<PriorityWord>)]
    priority: Option<Priority>,
    /// A category's id.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1)]
    category_id: Option<i64>,
    /// Free-form data.
    #[garde(inner(custom(fields::json_bounds)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

fn string_or_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if !number.is_f64() => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("must be a string or an integer")),
    }
}

/// What the project needs to know of its new ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiledTicket {
    /// `NAIJ-2024-00043`.
    ticket_number: String,
    /// Ticket id.
    ticket_id: i64,
    /// `open`.
    #[schema(value_type = StatusWord)]
    status: &'static str,
    /// As asked for.
    #[schema(value_type = PriorityWord)]
    priority: Priority,
    /// When.
    created_at: Timestamp,
}

impl FiledTicket {
    fn new(ticket_number: String, ticket_id: i64, filing: &Filing, now: OffsetDateTime) -> Self {
        Self {
            ticket_number,
            ticket_id,
            status: "open",
            priority: filing.priority,
            created_at: Timestamp(now),
        }
    }
}

/// Files a ticket for a customer.
#[utoipa::path(
    post, path = "/external/tickets", tag = "External", operation_id = "create_external_ticket",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key, the same answer")),
    request_body = CreateExternalTicket,
    responses(
        (status = 201, description = "Filed", body = FiledTicket),
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
        (status = 409, description = "The same call is still running", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn create(
    State(app): State<App>,
    who: KeyHolder,
    key: IdempotencyKey,
    Valid(body): Valid<CreateExternalTicket>,
) -> Result<Answer> {
    let caller = format!("project:{}", who.project_id);
    let call = key.of(caller, "POST /external/tickets".to_owned(), &body)?;
    let filing = filing(who, body);
    let now = app.clock.now();
    let keyed = call
        .key()
        .map(|call| keyed(call, &filing, now))
        .transpose()?;
    if let Some(filed) = filing::together(&app, &filing, keyed, now).await? {
        return answer(filed, &filing, now);
    }
    super::project(&app, who).await?;
    let mut turn = match call.begin(&app).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Open(turn) => turn,
    };
    let outcome = file(&app, &mut turn.tx, &filing).await;
    turn.end(&app, outcome).await
}

async fn file(app: &App, conn: &mut PgConnection, filing: &Filing) -> Result<Answer> {
    let now = app.clock.now();
    let filed = filing::alone(app, conn, filing, now).await?;
    answer(filed, filing, now)
}

fn answer(filed: Filed, filing: &Filing, now: OffsetDateTime) -> Result<Answer> {
    let ticket = FiledTicket::new(filed.number, filed.id, filing, now);
    Answer::new(StatusCode::CREATED, &ticket)
}

/// The same answer before the ticket has its number and id.
fn keyed(call: &OwnedCallKey, filing: &Filing, now: OffsetDateTime) -> Result<KeyedAnswer> {
    let blank = FiledTicket::new(NUMBER_BLANK.to_owned(), ID_BLANK, filing, now);
    Ok(KeyedAnswer {
        call: call.clone(),
        answer: serde_json::to_string(&blank)?,
    })
}

fn filing(who: KeyHolder, body: CreateExternalTicket) -> Filing {
    Filing {
        project_id: who.project_id,
        source: Source::Api,
        subject: body.subject.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        priority: body.priority.unwrap_or(Priority::Medium),
        category_id: body.category_id,
        tags: Vec::new(),
        customer: Customer {
            name: body.customer_name.unwrap_or_default(),
            email: body.customer_email.unwrap_or_default().to_lowercase(),
            phone: body.customer_phone,
        },
        external_customer_id: body.customer_id,
        metadata: Value::Object(body.metadata.unwrap_or_default()),
        creator_user_id: None,
        actor: who.actor(),
    }
}
