//! Building the read models anew: the first time for what nobody was told of, the second time,
//! which is measured, while the first ones serve.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::service::Service;

use super::stage::Stage;
use crate::{
    load::{Client, rate},
    requests,
};

const PATH: &str = "/api/admin/reports/rebuild";
/// How long a million tickets may take.
const PATIENCE: Duration = Duration::from_mins(20);
const LOOK: Duration = Duration::from_millis(50);

/// A rebuild.
#[derive(Debug, Clone, Copy)]
pub struct Rebuilt {
    /// Tickets that were read.
    pub tickets: usize,
    /// From the request until the new read models served.
    pub took: Duration,
}

impl Rebuilt {
    /// Tickets a second.
    pub fn rate(&self) -> f64 {
        rate(self.tickets, self.took)
    }
}

/// Measures it, and makes sure that every figure is as before and as ticket has it.
///
/// # Errors
/// When a rebuild fails or a figure changes.
pub async fn run(stage: &Stage) -> Result<Rebuilt> {
    xtask::say::line("read models …");
    once(stage).await?;
    let before = stage.figures().await?;
    stage.at_rest().await?;
    let rebuilt = once(stage).await?;
    ensure!(
        stage.figures().await? == before,
        "figures are others than before"
    );
    stage.verify(Service::Reporting).await?;
    Ok(rebuilt)
}

async fn once(stage: &Stage) -> Result<Rebuilt> {
    let mut client = Client::connect(stage.desk().address()?).await?;
    let token = &stage.desk().token;
    let since = Instant::now();
    let call = requests::write(Method::POST, PATH, token, &json!({}))?;
    client.send(call, StatusCode::ACCEPTED).await?;
    loop {
        let progress = stage.get(PATH).await?;
        let took = since.elapsed();
        match progress["state"].as_str() {
            Some("done") => return finished(&progress, took),
            Some("running") if took < PATIENCE => tokio::time::sleep(LOOK).await,
            _ => bail!("a rebuild came to nothing: {progress}"),
        }
    }
}

fn finished(progress: &Value, took: Duration) -> Result<Rebuilt> {
    let tickets = progress["done"].as_u64().context("nothing is counted")?;
    Ok(Rebuilt {
        tickets: usize::try_from(tickets)?,
        took,
    })
}
