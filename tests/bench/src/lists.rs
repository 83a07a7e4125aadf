//! How lists, searches and details take a thousand times more tickets: each at a thousand, a
//! hundred thousand and a million, over one connection through the gateway, as an admin, an agent
//! and a customer see them.

mod points;
mod stage;

use std::{fmt::Write as _, net::SocketAddr, time::Instant};

use anyhow::{Context as _, Result, bail};
use hyper::StatusCode;
use serde_json::{Value, json};

pub use self::stage::{people, summed_up};
use self::{points::Point, stage::Stage};
use crate::{
    latency::{Latencies, micros},
    load::Client,
    report::{Found, Verdict},
    requests,
    scale::Extent,
};

/// At the most tickets, a list may take so many times what it takes at the fewest.
const GOAL: f64 = 1.5;
/// A search.
const SEARCH_GOAL: f64 = 3.0;

/// One point at every number of tickets.
#[derive(Debug, Clone)]
struct Row {
    point: Point,
    /// Medians in milliseconds.
    times: Vec<f64>,
}

impl Row {
    fn goal(&self) -> f64 {
        if self.point.searches {
            SEARCH_GOAL
        } else {
            GOAL
        }
    }

    fn ratio(&self) -> Option<f64> {
        Some(self.times.last()? / self.times.first()?)
    }

    fn met(&self) -> bool {
        self.ratio().is_some_and(|ratio| ratio <= self.goal())
    }
}

/// Measures all points and prints the table.
///
/// # Errors
/// When the desk cannot be started or filled, or answers badly.
pub async fn run(quick: bool) -> Result<Found> {
    let extent = if quick { Extent::QUICK } else { Extent::WHOLE };
    let mut stage = Stage::start().await?;
    let measured = measure(&mut stage, &extent).await;
    stage.stop().await;
    let rows = measured?;
    xtask::say::line(table(&extent, &rows));
    Ok(Found {
        verdicts: rows
            .iter()
            .filter_map(|row| verdict(&extent, row))
            .collect(),
        details: document(&extent, &rows),
    })
}

/// At the most tickets, beside the fewest.
fn verdict(extent: &Extent, row: &Row) -> Option<Verdict> {
    let (few, many) = (row.times.first()?, row.times.last()?);
    let what = row.point.name.trim_start_matches("search: ");
    let kind = match row.point.name {
        "detail" => "detail".to_owned(),
        _ if row.point.searches => format!("search, {what}"),
        _ => format!("list, {what}"),
    };
    let (who, tickets) = (row.point.who.name(), extent.tickets.last()?);
    let name = format!("{kind}, {who}, {tickets} tickets");
    Some(Verdict::beside(name, "ms", *many, *few).with_ratio_up_to(row.goal()))
}

async fn measure(stage: &mut Stage, extent: &Extent) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = points::ALL
        .iter()
        .map(|point| Row {
            point: point.clone(),
            times: Vec::new(),
        })
        .collect();
    for tickets in extent.tickets {
        xtask::say::line(format_args!("{tickets} tickets …"));
        stage.fill_to(*tickets).await?;
        for row in &mut rows {
            let latencies = time(stage, &row.point, extent).await?;
            row.times.push(latencies.median());
        }
    }
    Ok(rows)
}

async fn time(stage: &Stage, point: &Point, extent: &Extent) -> Result<Latencies> {
    let address = stage.address()?;
    let token = stage.token(point.who);
    let path = resolve(stage, point, address).await?;
    let mut client = Client::connect(address).await?;
    let started = Instant::now();
    let mut times = Vec::new();
    while started.elapsed() < extent.whole() {
        let sent = Instant::now();
        client
            .send(requests::get(&path, token)?, StatusCode::OK)
            .await?;
        if started.elapsed() > extent.warm {
            times.push(micros(sent.elapsed()));
        }
    }
    Ok(Latencies::new(times))
}

/// The path with what depends on the tickets there are: a page far down, the cursor there.
async fn resolve(stage: &Stage, point: &Point, address: SocketAddr) -> Result<String> {
    let path = stage.complete(&format!("/api{}", point.path));
    let Some((before, _)) = path.split_once("{middle") else {
        return Ok(path);
    };
    let mut client = Client::connect(address).await?;
    let mut ask = async |path: &str| -> Result<Value> {
        let call = requests::get(path, stage.token(point.who))?;
        Ok(serde_json::from_slice(
            &client.send(call, StatusCode::OK).await?,
        )?)
    };
    let first = ask(&format!("{before}page=1")).await?;
    let pages = first["last_page"]
        .as_i64()
        .context("a page has no number")?;
    let middle = format!("{before}page={}", pages / 2 + 1);
    if path.ends_with("{middle}") {
        return Ok(middle);
    }
    let page = ask(&middle).await?;
    let Some(cursor) = page["next_cursor"].as_str() else {
        bail!("{middle} has no cursor");
    };
    Ok(format!("{before}cursor={cursor}"))
}

fn table(extent: &Extent, rows: &[Row]) -> String {
    let mut out = String::from("\nLists, medians in ms through the gateway, one connection\n");
    let _ = write!(out, "{:<10}{:<44}", "who", "what");
    for tickets in extent.tickets {
        let _ = write!(out, "{tickets:>10}");
    }
    let _ = writeln!(out, "{:>8}{:>6}", "ratio", "goal");
    for row in rows {
        let _ = write!(out, "{:<10}{:<44}", row.point.who.name(), row.point.name);
        for time in &row.times {
            let _ = write!(out, "{time:>10.2}");
        }
        let ratio = row.ratio().unwrap_or_default();
        let verdict = if row.met() { "" } else { "  missed" };
        let _ = writeln!(out, "{ratio:>8.2}{:>6.1}{verdict}", row.goal());
    }
    let met = rows.iter().filter(|row| row.met()).count();
    let _ = write!(out, "{met} of {} within the goal", rows.len());
    out
}

fn document(extent: &Extent, rows: &[Row]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "who": row.point.who.name(), "what": row.point.name, "path": row.point.path,
                "median_ms": row.times, "ratio": row.ratio(), "goal": row.goal(),
            })
        })
        .collect();
    json!({ "tickets": extent.tickets, "rows": rows })
}
