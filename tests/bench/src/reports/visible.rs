//! From a create's acknowledgement until the projects report counts the ticket. Reports tell
//! numbers, no tickets: a project's n-th acknowledged ticket is the one that makes its count rise
//! by n. The tickets arrive at a steady rate and every one of them has its time, so that a report
//! that hangs makes all late that came meanwhile.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use hyper::StatusCode;
use serde_json::Value;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};

use super::stage::Stage;
use crate::{
    arrivals::{Arrivals, Arrived},
    latency::{Latencies, micros},
    load::Client,
    requests,
};

const PATH: &str = "/api/reports/projects";
/// Between two reports: the time is told up to this, and a report's own time, too high.
const LOOK: Duration = Duration::from_millis(5);
/// When the rest is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was found.
#[derive(Debug)]
pub struct Shown {
    /// From acknowledged to counted.
    pub after: Latencies,
    /// The tickets.
    pub arrived: Arrived,
}

/// A project's count, and when a report first told it.
type Told = BTreeMap<i64, Vec<(i64, Instant)>>;

/// Measures it.
///
/// # Errors
/// When a ticket is never counted, or a report is not answered.
pub async fn run(stage: &Stage, time: Duration) -> Result<Shown> {
    xtask::say::line("tickets arrive …");
    stage.at_rest().await?;
    let mut watch = Watch::begin(stage).await?;
    let (all, wanted) = oneshot::channel();
    let watching = tokio::spawn(async move {
        watch.until(wanted).await?;
        anyhow::Ok(watch.told)
    });
    let arrivals = Arrivals::start(stage.desk()).await?;
    sleep(time).await;
    let arrived = arrivals.stop().await;
    // Who does not listen any more has failed, and says so.
    let _ = all.send(arrived.tickets.len());
    let told = watching.await??;
    let after = Latencies::new(pair(&told, &arrived)?);
    Ok(Shown { after, arrived })
}

/// Asks for the report again and again.
struct Watch {
    client: Client,
    token: String,
    told: Told,
}

impl Watch {
    /// What is told first is where every count starts.
    async fn begin(stage: &Stage) -> Result<Self> {
        let now = Instant::now();
        let none = |project: &i64| (*project, vec![(0, now)]);
        let mut watch = Self {
            client: Client::connect(stage.desk().address()?).await?,
            token: stage.desk().token.clone(),
            told: Told::new(),
        };
        for (project, count) in ask(&mut watch.client, &watch.token).await? {
            watch.told.insert(project, vec![(count, now)]);
        }
        let projects = stage.desk().keys.keys().map(none);
        for (project, steps) in projects {
            watch.told.entry(project).or_insert(steps);
        }
        Ok(watch)
    }

    /// Notes when counts rise, until so many tickets more are counted as it is told to wait for.
    async fn until(&mut self, mut wanted: oneshot::Receiver<usize>) -> Result<()> {
        let mut rest = None;
        loop {
            self.look().await?;
            if let (None, Ok(tickets)) = (rest, wanted.try_recv()) {
                rest = Some((tickets, Instant::now() + PATIENCE));
            }
            if let Some((tickets, until)) = rest {
                let counted = self.counted()?;
                if counted >= tickets {
                    return Ok(());
                }
                if Instant::now() > until {
                    bail!("{counted} of {tickets} tickets are counted");
                }
            }
            sleep(LOOK).await;
        }
    }

    async fn look(&mut self) -> Result<()> {
        let counts = ask(&mut self.client, &self.token).await?;
        let now = Instant::now();
        for (project, count) in counts {
            let steps = self.told.entry(project).or_default();
            if steps.last().is_none_or(|(before, _)| *before < count) {
                steps.push((count, now));
            }
        }
        Ok(())
    }

    /// Tickets more than at the beginning.
    fn counted(&self) -> Result<usize> {
        let more = |steps: &Vec<(i64, Instant)>| Some(steps.last()?.0 - steps.first()?.0);
        Ok(usize::try_from(
            self.told.values().filter_map(more).sum::<i64>(),
        )?)
    }
}

async fn ask(client: &mut Client, token: &str) -> Result<Vec<(i64, i64)>> {
    let answer = client
        .send(requests::get(PATH, token)?, StatusCode::OK)
        .await?;
    let rows: Vec<Value> = serde_json::from_slice(&answer)?;
    rows.iter()
        .map(|row| Some((row["project_id"].as_i64()?, row["total"].as_i64()?)))
        .collect::<Option<_>>()
        .context("a report without counts")
}

/// Microseconds of each ticket.
fn pair(told: &Told, arrived: &Arrived) -> Result<Vec<u32>> {
    let mut acknowledged: BTreeMap<i64, Vec<Instant>> = BTreeMap::new();
    for arrival in &arrived.tickets {
        let of_project = acknowledged.entry(arrival.project_id).or_default();
        of_project.push(arrival.acknowledged);
    }
    let mut times = Vec::with_capacity(arrived.tickets.len());
    for (project, mut moments) in acknowledged {
        moments.sort_unstable();
        let steps = told.get(&project).context("a project that is not told")?;
        let start = steps.first().context("a project without a start")?.0;
        for (count, moment) in (start + 1..).zip(moments) {
            let place = steps.partition_point(|(told, _)| *told < count);
            let shown = steps.get(place).context("a ticket that is not counted")?.1;
            times.push(micros(shown.saturating_duration_since(moment)));
        }
    }
    ensure!(times.len() == arrived.tickets.len(), "tickets are missing");
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrivals::Arrival;

    #[tokio::test]
    async fn each_ticket_waits_for_the_first_report_that_counts_it() {
        let zero = Instant::now();
        let at = |millis| zero + Duration::from_millis(millis);
        let told = Told::from([
            (1, vec![(7, at(0)), (8, at(30)), (10, at(100))]),
            (2, vec![(0, at(0)), (1, at(5))]),
        ]);
        let arrival = |project_id, millis| Arrival {
            took: 1,
            acknowledged: at(millis),
            answered: None,
            project_id,
            id: 1,
        };
        let tickets = vec![
            arrival(1, 90),
            arrival(1, 10),
            arrival(1, 40),
            arrival(2, 6),
        ];
        let mut arrived = Arrived { tickets, errors: 0 };
        // Counted before its acknowledgement was read: at once.
        assert_eq!(
            pair(&told, &arrived).unwrap(),
            [20_000, 60_000, 10_000, 0],
            "in the order of projects and moments"
        );
        arrived.tickets.push(arrival(2, 7));
        assert!(pair(&told, &arrived).is_err());
    }
}
