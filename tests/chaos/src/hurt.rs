//! Carrying out a fault: something breaks, time passes, it is whole again. One at a time, so that
//! whatever does not come back is to blame on it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{Instant, sleep};
use xtask::{pids::Signal, service::Service};

use crate::{
    desk::Desk,
    plan::{Fault, Victim},
};

/// How long a fail point may take to be reached.
const HELD: Duration = Duration::from_secs(5);

/// What became of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Done,
    /// It happened, but not at the point: nobody came by.
    Elsewhere,
    /// It cannot be had here, and why.
    Skipped(String),
}

/// Does it, and heals it.
pub async fn hurt(desk: &mut Desk, fault: Fault) -> Result<Outcome> {
    match fault {
        Fault::Kill(Victim::Postgres, _) => desk.servers.kill_postgres().await?,
        Fault::Kill(Victim::Nats, _) => {
            desk.servers.nats.kill().await;
            desk.servers.nats.start().await;
        }
        Fault::Kill(Victim::Service(service), point) => {
            return kill(desk, service, point).await;
        }
        Fault::Pause(victim, time) => {
            signal(desk, victim, Signal::Stop);
            sleep(time).await;
            signal(desk, victim, Signal::Cont);
        }
        Fault::Cut(service, line, time) => {
            let wire = desk.wire(service, line)?;
            wire.cut().await;
            sleep(time).await;
            wire.mend().await;
        }
        Fault::Hush(service, line, time) => {
            let wire = desk.wire(service, line)?;
            wire.hush();
            sleep(time).await;
            wire.mend().await;
        }
        Fault::Wipe => {
            desk.servers.nats.kill().await;
            desk.servers.nats.wipe();
            desk.servers.nats.start().await;
        }
        Fault::Full(time) => match &desk.disk {
            Ok(disk) => {
                disk.fill()?;
                sleep(time).await;
                disk.clear()?;
            }
            Err(why) => return Ok(Outcome::Skipped(format!("{why:#}"))),
        },
    }
    Ok(Outcome::Done)
}

async fn kill(desk: &mut Desk, service: Service, point: Option<&str>) -> Result<Outcome> {
    let outcome = match point {
        None => Outcome::Done,
        Some(point) if is_held(desk, service, point).await => Outcome::Done,
        Some(_) => Outcome::Elsewhere,
    };
    desk.world.stack.kill(service).await;
    let back = desk.world.stack.restart(service).await;
    back.with_context(|| format!("{service} does not come back"))?;
    Ok(outcome)
}

/// Has the service hang at a point; false when it does not come by.
async fn is_held(desk: &Desk, service: Service, point: &str) -> bool {
    desk.points.arm(service, point);
    let until = Instant::now() + HELD;
    while Instant::now() < until {
        if desk.points.is_reached(service, point) {
            return true;
        }
        sleep(Duration::from_millis(10)).await;
    }
    !desk.points.disarm(service, point) && desk.points.is_reached(service, point)
}

fn signal(desk: &mut Desk, victim: Victim, signal: Signal) {
    match victim {
        Victim::Service(service) => desk.world.stack.signal(service, signal),
        Victim::Nats => desk.servers.nats.signal(signal),
        // Its sessions are processes of their own, and would not notice.
        Victim::Postgres => {}
    }
}
