//! The six reports over a year, one after the other over one connection.

use std::time::{Duration, Instant};

use anyhow::Result;
use hyper::StatusCode;

use super::stage::{REPORTS, Stage};
use crate::{
    latency::{Latencies, micros},
    load::Client,
    requests,
};

/// What each took.
///
/// # Errors
/// Another answer than 200.
pub async fn run(stage: &Stage, time: Duration) -> Result<Vec<(&'static str, Latencies)>> {
    xtask::say::line("reports …");
    let mut client = Client::connect(stage.desk().address()?).await?;
    let mut all = Vec::new();
    for name in REPORTS {
        let path = stage.report(name, 0);
        let mut times = Vec::new();
        let since = Instant::now();
        while since.elapsed() < time {
            let call = requests::get(&path, &stage.desk().token)?;
            let sent = Instant::now();
            client.send(call, StatusCode::OK).await?;
            times.push(micros(sent.elapsed()));
        }
        all.push((name, Latencies::new(times)));
    }
    Ok(all)
}
