//! Tickets filed by key through both gateways, beside `pgbench` with the very statement: as many
//! as can be, then half of that at a steady rate.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    counters::{Bill, Counters, Counts},
    cpu::{Meter, Usage},
    database::{Database, Project},
    desk::Desk,
    filing::{self, Sample, Script},
    load::{self, Client, Outcome, Target},
    open::{self, Schedule},
    pgbench::Pgbench,
    requests::Creates,
    scale::{Point, Scale},
    server::Server,
    statements::{Statement, Statements},
};

/// Tickets that share a statement in the second yardstick.
const SHARED: usize = 8;

/// How long the server may take to see that `pgbench` has gone.
const FAREWELL: Duration = Duration::from_millis(300);

/// The point that tells how much is possible.
pub const MOST: Point = Point::new(32);
/// Of the open loop's schedule.
const SEED: u64 = 14;

/// What is measured, in order.
const POINTS: [Point; 5] = [
    Point::new(1),
    Point::new(8),
    MOST,
    Point {
        projects: 1,
        ..Point::new(32)
    },
    Point {
        keyed: true,
        ..Point::new(8)
    },
];

/// A load with what it took from the machine, until the desk was at rest again.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// What came of it.
    pub outcome: Outcome,
    /// CPU seconds by process.
    pub usage: Usage,
}

/// One point, measured on both sides.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which.
    pub point: Point,
    /// The desk's.
    pub ours: Measured,
    /// What PostgreSQL counted meanwhile.
    pub counts: Counts,
    /// Seconds until the consumers had caught up.
    pub settled: f64,
    /// `pgbench`, one ticket a statement; none with idempotency keys.
    pub one: Option<Measured>,
    /// `pgbench`, several tickets a statement.
    pub shared: Option<Measured>,
}

/// Half of what each side can at most, at a rate of its own.
#[derive(Debug, Clone, Default)]
pub struct Half {
    /// The desk's.
    pub ours: Paced,
    /// `pgbench`'s, one ticket a statement.
    pub one: Paced,
}

/// A load at a given rate; latencies count from when each was due.
#[derive(Debug, Clone, Default)]
pub struct Paced {
    /// Tickets a second that were due.
    pub rate: f64,
    /// What came of it.
    pub outcome: Outcome,
}

/// All points, and the statements that cost most at the one with the most connections.
#[derive(Debug, Default)]
pub struct Series {
    /// The points.
    pub rows: Vec<Row>,
    /// The open loop.
    pub half: Half,
    /// The costly statements.
    pub bill: Bill,
}

/// Measures creates.
pub struct Bench<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// The server that it runs on.
    pub server: &'a Server,
    /// Reads the processes.
    pub meter: &'a Meter,
    /// Reads PostgreSQL's counters.
    pub counters: &'a mut Counters,
    /// How long.
    pub scale: Scale,
    /// For scripts and logs.
    pub folder: &'a Path,
}

impl Bench<'_> {
    /// Measures every point, the desk's first, then the yardstick's, so that both see the machine
    /// in the same minute.
    ///
    /// # Errors
    /// When the first create fails, or a yardstick does.
    pub async fn run(&mut self, tickets: i64) -> Result<Series> {
        self.one(Point::new(1)).await?;
        let mut own = Database::of_desk(self.server, &self.desk.world.stack).await?;
        let sample = Sample::last(own.connection()).await?;
        let mut yardstick = Database::for_yardstick(self.server, &self.desk.world.stack).await?;
        yardstick.fill(&Project::of_yardstick(), tickets).await?;
        let statement = filing::statement(&Statements::of_ticket()?)?;
        let pgbench = Pgbench::find(self.server, &yardstick.name, self.folder)?;

        let mut series = Series::default();
        for point in POINTS {
            self.counters.forget().await?;
            let mut row = self.ours(point).await?;
            if point == MOST {
                let answers = row.ours.outcome.all;
                series.bill = self
                    .counters
                    .bill("a create, 32 connections", answers)
                    .await?;
            }
            if !point.keyed {
                row.one = Some(
                    self.yardstick(&pgbench, &statement, &sample, 1, point)
                        .await?,
                );
                let shared = self
                    .yardstick(&pgbench, &statement, &sample, SHARED, point)
                    .await?;
                row.shared = Some(shared);
            }
            series.rows.push(row);
        }
        let script = filing::script(&statement, &sample, 1, MOST)?;
        series.half = self.half(&series.rows, &pgbench, &script).await?;
        yardstick.remove(self.server).await?;
        Ok(series)
    }

    /// The open loop of both sides.
    async fn half(&self, rows: &[Row], pgbench: &Pgbench, script: &Script) -> Result<Half> {
        let most = rows.iter().find(|row| row.point == MOST);
        let most = most.context("the most was not measured")?;
        let one = most.one.as_ref().context("pgbench was not measured")?;
        let target = Target {
            address: self.desk.address()?,
            expect: Creates::CREATED,
        };
        let rate = most.ours.outcome.rate / 2.0;
        let schedule = Schedule::random(rate, self.scale.whole(), SEED);
        let creates = self.creates(MOST);
        // Turns are the whole load's here, so that the connection says nothing about the ticket.
        let source = move |_, turn| creates.call(0, turn);
        let connections = MOST.connections;
        let source = Arc::new(source);
        let outcome = open::run(target, connections, schedule, &self.scale, source).await?;
        self.meter.settle().await;
        let ours = Paced { rate, outcome };
        let rate = one.outcome.rate / 2.0;
        let outcome = pgbench
            .run_at(rate, script, connections, &self.scale)
            .await?;
        let one = Paced { rate, outcome };
        Ok(Half { ours, one })
    }

    fn creates(&self, point: Point) -> Creates {
        Creates {
            keys: self.desk.keys.values().cloned().collect(),
            point,
            run: u64::from(std::process::id()),
        }
    }

    /// A single create, which tells at once when something is wrong.
    async fn one(&self, point: Point) -> Result<()> {
        let mut client = Client::connect(self.desk.address()?).await?;
        let call = self.creates(point).call(0, 0)?;
        client.send(call, Creates::CREATED).await.map(drop)
    }

    async fn ours(&mut self, point: Point) -> Result<Row> {
        let target = Target {
            address: self.desk.address()?,
            expect: Creates::CREATED,
        };
        let creates = self.creates(point);
        let source = move |connection, turn| creates.call(connection, turn);
        let counts = self.counters.read().await?;
        let usage = self.meter.read();
        let outcome = load::run(target, point.connections, &self.scale, Arc::new(source)).await?;
        let settled = self.meter.settle().await;
        Ok(Row {
            point,
            ours: Measured {
                outcome,
                usage: self.meter.read().since(&usage),
            },
            counts: self.counters.read().await?.since(&counts),
            settled: settled.as_secs_f64(),
            one: None,
            shared: None,
        })
    }

    async fn yardstick(
        &self,
        pgbench: &Pgbench,
        statement: &Statement,
        sample: &Sample,
        tickets: usize,
        point: Point,
    ) -> Result<Measured> {
        let script = filing::script(statement, sample, tickets, point)?;
        let usage = self.meter.read();
        let outcome = pgbench.run(&script, point.connections, &self.scale).await?;
        // Its backends count only once the server has taken note of their end.
        tokio::time::sleep(FAREWELL).await;
        Ok(Measured {
            outcome,
            usage: self.meter.read().since(&usage),
        })
    }
}
