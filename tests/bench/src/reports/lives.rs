//! Tickets that live: filed by key, assigned, answered, resolved, each by a request through the
//! gateway. All are filed before the first is assigned, and so on, so that no two events about one
//! ticket share a batch.

use anyhow::{Context as _, Result};
use hyper::{Method, StatusCode, body::Bytes};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::stage::Stage;
use crate::{
    load::{Call, Client},
    requests::{self, Creates},
    scale::Point,
};

/// Connections that write.
const CONNECTIONS: usize = 32;

/// What happens to a filed ticket, in order.
#[derive(Debug, Clone, Copy)]
enum Step {
    Assigned,
    Answered,
    Resolved,
}

impl Step {
    const ALL: [Self; 3] = [Self::Assigned, Self::Answered, Self::Resolved];

    fn call(self, ticket: i64, staff: i64, token: &str) -> Result<Call> {
        let (method, what, body) = match self {
            Self::Assigned => (Method::PATCH, "assign", json!({ "user_id": staff })),
            Self::Answered => (
                Method::POST,
                "messages",
                json!({"body": "Thank you, we look into it. Which browser do you use?"}),
            ),
            Self::Resolved => (Method::PATCH, "status", json!({"status": "resolved"})),
        };
        requests::write(
            method,
            &format!("/api/tickets/{ticket}/{what}"),
            token,
            &body,
        )
    }

    const fn answer(self) -> StatusCode {
        match self {
            Self::Answered => StatusCode::CREATED,
            Self::Assigned | Self::Resolved => StatusCode::OK,
        }
    }
}

/// Writes the lives of so many tickets.
///
/// # Errors
/// When a write is refused.
pub async fn write(stage: &Stage, tickets: usize) -> Result<()> {
    let ids = file(stage, tickets).await?;
    let staff = stage.desk().world.super_admin().await.id;
    for step in Step::ALL {
        let token = stage.desk().token.clone();
        let ids = ids.clone();
        let call = move |connection, turn| {
            let at = |ids: &[i64]| ids.get(turn * CONNECTIONS + connection).copied();
            at(&ids).map(|ticket| step.call(ticket, staff, &token))
        };
        all(stage, step.answer(), call).await?;
    }
    Ok(())
}

/// Files them, by the keys in turn; answers their ids.
async fn file(stage: &Stage, tickets: usize) -> Result<Vec<i64>> {
    let creates = Creates {
        keys: stage.desk().keys.values().cloned().collect(),
        point: Point::new(CONNECTIONS),
        run: u64::from(std::process::id()),
    };
    let call = move |connection, turn| {
        let is_one = turn * CONNECTIONS + connection < tickets;
        is_one.then(|| creates.call(connection, u64::try_from(turn)?))
    };
    let filed = all(stage, Creates::CREATED, call).await?;
    filed
        .iter()
        .map(|answer| {
            let answer: Value = serde_json::from_slice(answer)?;
            answer["ticket_id"].as_i64().context("a ticket without id")
        })
        .collect()
}

/// Sends all calls, over all connections, each its own in order; answers the answers.
async fn all<F>(stage: &Stage, expect: StatusCode, call: F) -> Result<Vec<Bytes>>
where
    F: Fn(usize, usize) -> Option<Result<Call>> + Clone + Send + 'static,
{
    let mut running = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let mut client = Client::connect(stage.desk().address()?).await?;
        let call = call.clone();
        running.spawn(async move {
            let mut answers = Vec::new();
            for turn in 0.. {
                let Some(call) = call(connection, turn) else {
                    break;
                };
                answers.push(client.send(call?, expect).await?);
            }
            anyhow::Ok(answers)
        });
    }
    let mut answers = Vec::new();
    while let Some(some) = running.join_next().await {
        answers.extend(some??);
    }
    Ok(answers)
}
