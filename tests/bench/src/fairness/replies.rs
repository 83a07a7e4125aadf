//! Staff that answers a ticket now and then, each of which is a mail.

use std::time::Duration;

use anyhow::Result;
use hyper::StatusCode;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use crate::{arrivals::reply, database::Database, desk::Desk, load::Client, server::Server};

/// Between two replies.
const EVERY: Duration = Duration::from_millis(50);

/// Staff at work.
pub struct Replies {
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<()>>,
}

impl Replies {
    /// Begins with the newest ticket.
    ///
    /// # Errors
    /// When desk or database cannot be reached.
    pub async fn start(desk: &Desk) -> Result<Self> {
        let plan = desk.world.stack.plan();
        let server = Server::at(&plan.postgres)?;
        let tickets = Database::of_desk(&server, &desk.world.stack)
            .await?
            .ticket_ids()
            .await?;
        let (stop, stopped) = watch::channel(false);
        let mut client = Client::connect(desk.address()?).await?;
        let token = desk.token.clone();
        let running = tokio::spawn(async move {
            let mut turns = interval(EVERY);
            turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
            for ticket in tickets.into_iter().rev() {
                turns.tick().await;
                if *stopped.borrow() {
                    break;
                }
                let call = reply(ticket, &token)?;
                client.send(call, StatusCode::CREATED).await?;
            }
            Ok(())
        });
        Ok(Self { stop, running })
    }

    /// Ends.
    ///
    /// # Errors
    /// When a reply was refused.
    pub async fn end(self) -> Result<()> {
        self.stop.send_replace(true);
        self.running.await?
    }
}
