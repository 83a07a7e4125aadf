//! A key that asks for all of its quota or far more, in a process of its own: what measures the
//! others has to do with nothing else.

use std::{net::SocketAddr, process::Stdio, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use e2e::Key;
use http_body_util::Full;
use hyper::{Request, StatusCode, header::HOST};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

use crate::{
    bare::ECHO,
    load::{Call, Source, Target},
    open::{self, Schedule},
    requests::Creates,
    scale::{Point, Scale},
};

/// Connections that it holds.
const CONNECTIONS: usize = 32;
const SEED: u64 = 100;

/// What it is told.
#[derive(Debug, Clone, Args)]
pub struct Hog {
    /// Whom it asks.
    #[arg(long)]
    address: SocketAddr,
    /// Requests a second.
    #[arg(long)]
    rate: f64,
    /// For how long.
    #[arg(long)]
    seconds: f64,
    /// The key of its creates, of which the refused ones are counted; without one it asks the echo.
    #[arg(long)]
    api_key: Option<String>,
    /// With its secret.
    #[arg(long, requires = "api_key")]
    api_secret: Option<String>,
}

/// What it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Got {
    /// Answers that it was meant to get: refusals, or echoes.
    pub expected: u64,
    /// Any other, such as tickets within its quota.
    pub other: u64,
}

impl Hog {
    /// For this long at the desk, with a key, or at the echo.
    pub fn new(address: SocketAddr, rate: f64, time: Duration, key: Option<&Key>) -> Self {
        Self {
            address,
            rate,
            seconds: time.as_secs_f64(),
            api_key: key.map(|key| key.api_key.clone()),
            api_secret: key.map(|key| key.api_secret.clone()),
        }
    }

    /// What the process does.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn serve(self) -> Result<()> {
        let scale = Scale {
            warm: Duration::ZERO,
            measure: Duration::from_secs_f64(self.seconds),
            tickets: &[],
        };
        let schedule = Schedule::random(self.rate, scale.measure, SEED).without_patience();
        let (expect, source): (_, Arc<dyn Source>) = match self.key() {
            Some(key) => (StatusCode::TOO_MANY_REQUESTS, Arc::new(creates(key))),
            None => (StatusCode::OK, Arc::new(|_, _| echo())),
        };
        let target = Target {
            address: self.address,
            expect,
        };
        let outcome = open::run(target, CONNECTIONS, schedule, &scale, source).await?;
        let got = Got {
            expected: outcome.all,
            other: outcome.errors,
        };
        xtask::say::line(serde_json::to_string(&got)?);
        Ok(())
    }

    fn key(&self) -> Option<Key> {
        Some(Key {
            api_key: self.api_key.clone()?,
            api_secret: self.api_secret.clone()?,
        })
    }

    /// Starts it as a process.
    ///
    /// # Errors
    /// When there are no more processes to be had.
    pub fn start(&self) -> Result<Running> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("hog")
            .arg(format!("--address={}", self.address))
            .arg(format!("--rate={}", self.rate))
            .arg(format!("--seconds={}", self.seconds));
        if let Some(key) = self.key() {
            command
                .arg(format!("--api-key={}", key.api_key))
                .arg(format!("--api-secret={}", key.api_secret));
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Running { child })
    }
}

/// The process; it ends with this.
pub struct Running {
    child: Child,
}

impl Running {
    /// Waits for its end.
    ///
    /// # Errors
    /// When it failed.
    pub async fn end(self) -> Result<Got> {
        let output = self.child.wait_with_output().await?;
        if !output.status.success() {
            bail!("the busy key's process failed");
        }
        let mut lines = output.stdout.split(|byte| *byte == b'\n');
        let line = lines.rfind(|line| !line.is_empty());
        let line = line.context("the busy key's process says nothing")?;
        Ok(serde_json::from_slice(line)?)
    }
}

fn creates(key: Key) -> impl Source {
    let creates = Creates {
        keys: vec![key],
        point: Point::new(CONNECTIONS),
        run: 0,
    };
    move |connection, turn| creates.call(connection, turn)
}

/// Of the size of a create.
fn echo() -> Result<Call> {
    let request = Request::post(ECHO).header(HOST, "localhost");
    Ok(request.body(Full::new(vec![b'x'; 400].into()))?)
}
