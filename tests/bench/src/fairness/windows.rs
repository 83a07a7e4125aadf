//! The windows in which the others are measured.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use e2e::Key;
use xtask::service::Service;

use super::replies::Replies;
use crate::{
    bare::Bare,
    desk::Desk,
    hog::{Got, Hog, Running},
    load::Target,
    mails::with_mail,
    open::{self, Schedule},
    requests::Creates,
    scale::{Point, Scale},
    server::Server,
    sink::Sink,
};

/// Requests a second that a key may make: the default.
const QUOTA: u32 = 50;
/// How many times that one key makes.
const TIMES: f64 = 100.0;
/// Creates a second of all the others together: a fifth of what their keys may.
const OTHERS: f64 = 190.0;
/// Connections of theirs.
const CONNECTIONS: usize = 16;
const SEED: u64 = 7;

/// What goes on beside the others' creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    Quiet,
    /// A bare echo is asked a hundred times a key's quota.
    Echo,
    /// A key asks for its quota.
    Lawful,
    /// A key asks a hundred times its quota.
    Busy,
    /// Staff answers tickets.
    Mailing,
    /// Staff answers tickets, and the mail server hangs.
    Hanging,
}

impl Kind {
    /// In the order of a round.
    pub const ALL: [Self; 6] = [
        Self::Quiet,
        Self::Echo,
        Self::Lawful,
        Self::Busy,
        Self::Mailing,
        Self::Hanging,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Echo => "a bare echo is asked as much",
            Self::Lawful => "a key at its quota",
            Self::Busy => "a key at 100 × its quota",
            Self::Mailing => "mails are sent",
            Self::Hanging => "the mail server hangs",
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Measured {
    windows: BTreeMap<Kind, Vec<f64>>,
    /// The busy key's refused requests.
    pub refused: u64,
    /// Its others: within its quota, or too late to be sent on a busy machine.
    pub other: u64,
    /// Creates of others that failed.
    pub errors: u64,
}

impl Measured {
    /// Milliseconds of each window.
    pub fn p99s(&self, kind: Kind) -> &[f64] {
        self.windows.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The median of the windows.
    pub fn p99(&self, kind: Kind) -> f64 {
        median(self.p99s(kind).to_vec())
    }

    /// How far from that a window usually is, as a part of it.
    pub fn noise(&self, kind: Kind) -> f64 {
        let middle = self.p99(kind);
        let away = self.p99s(kind).iter().map(|p99| (p99 - middle).abs());
        median(away.collect()) / middle.max(f64::EPSILON)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.as_slice() {
        [] => 0.0,
        values if values.len() % 2 == 1 => values[half],
        values => f64::midpoint(values[half - 1], values[half]),
    }
}

/// The desk with quotas as they are by default, and mails that go to a server of ours.
pub struct Stage {
    desk: Desk,
    sink: Sink,
    bare: Bare,
    busy: Key,
    others: Vec<Key>,
    scale: Scale,
    rounds: usize,
}

impl Stage {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(quick: bool) -> Result<Self> {
        let sink = Sink::open()?;
        let plan = with_mail(Desk::plan()?, &sink)
            .with(
                Service::ExternalGateway,
                "SUPPORTDESK_KEY_RATE",
                &QUOTA.to_string(),
            )
            .with(Service::ExternalGateway, "SUPPORTDESK_KEY_BURST", "200");
        let desk = Desk::of(plan).await?;
        let mut keys = desk.keys.values().cloned();
        let busy = keys.next().context("there is no key")?;
        let others = keys.collect();
        let plan = desk.world.stack.plan();
        let server = Server::at(&plan.postgres)?;
        let database = format!("{}ticket", plan.database_prefix);
        let bare = Bare::start(&server.url_of(&database)).await?;
        let seconds = if quick { 2 } else { 6 };
        Ok(Self {
            desk,
            sink,
            bare,
            busy,
            others,
            scale: Scale {
                warm: Duration::from_secs(1),
                measure: Duration::from_secs(seconds),
                tickets: &[],
            },
            rounds: if quick { 2 } else { 7 },
        })
    }

    /// All rounds; each begins with another kind.
    ///
    /// # Errors
    /// When the desk does not answer, or the busy key is let through.
    pub async fn measure(&self) -> Result<Measured> {
        let mut measured = Measured::default();
        // The first creates find cold caches.
        self.others(0).await?;
        for round in 0..self.rounds {
            xtask::say::line(format_args!("round {} of {} …", round + 1, self.rounds));
            let mut kinds = Kind::ALL;
            kinds.rotate_left(round % Kind::ALL.len());
            for kind in kinds {
                self.window(kind, round, &mut measured).await?;
            }
        }
        Ok(measured)
    }

    async fn window(&self, kind: Kind, round: usize, measured: &mut Measured) -> Result<()> {
        let beside = self.begin(kind).await?;
        let (p99, errors) = self.others(round).await?;
        if let Some(got) = beside.end().await?
            && kind == Kind::Busy
        {
            // Whoever files fewer tickets than the quota refuses none.
            ensure!(got.expected > 0, "the busy key is not refused: {got:?}");
            measured.refused += got.expected;
            measured.other += got.other;
        }
        self.sink.hang(false);
        measured.windows.entry(kind).or_default().push(p99);
        measured.errors += errors;
        Ok(())
    }

    /// What the others' creates take.
    async fn others(&self, round: usize) -> Result<(f64, u64)> {
        let target = Target {
            address: self.desk.address()?,
            expect: Creates::CREATED,
        };
        let creates = Creates {
            keys: self.others.clone(),
            point: Point::new(CONNECTIONS),
            run: 0,
        };
        // All windows of a round have the same schedule.
        let seed = SEED + u64::try_from(round)?;
        let schedule = Schedule::random(OTHERS, self.scale.whole(), seed);
        let source = Arc::new(move |_, turn| creates.call(0, turn));
        let outcome = open::run(target, CONNECTIONS, schedule, &self.scale, source).await?;
        Ok((outcome.latencies.p99(), outcome.errors))
    }

    async fn begin(&self, kind: Kind) -> Result<Beside> {
        let (address, times, key) = match kind {
            Kind::Quiet => return Ok(Beside::Nothing),
            Kind::Echo => (self.bare.address, TIMES, None),
            Kind::Lawful => (self.desk.address()?, 1.0, Some(&self.busy)),
            Kind::Busy => (self.desk.address()?, TIMES, Some(&self.busy)),
            Kind::Mailing | Kind::Hanging => {
                self.sink.hang(kind == Kind::Hanging);
                return Ok(Beside::Replies(Replies::start(&self.desk).await?));
            }
        };
        let rate = f64::from(QUOTA) * times;
        let hog = Hog::new(address, rate, self.scale.whole(), key);
        Ok(Beside::Hog(hog.start()?))
    }

    /// Ends it.
    pub async fn stop(self) {
        self.sink.hang(false);
        self.desk.world.stop().await;
    }
}

/// What runs beside the others.
enum Beside {
    Nothing,
    Hog(Running),
    Replies(Replies),
}

impl Beside {
    async fn end(self) -> Result<Option<Got>> {
        match self {
            Self::Nothing => Ok(None),
            Self::Hog(hog) => hog.end().await.map(Some),
            Self::Replies(replies) => replies.end().await.map(|()| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_s_figure_is_the_median_of_its_windows() {
        let measured = Measured {
            windows: [
                (Kind::Quiet, vec![4.0, 2.0, 100.0]),
                (Kind::Busy, vec![3.0, 5.0]),
            ]
            .into(),
            ..Measured::default()
        };
        for (kind, p99, noise) in [
            (Kind::Quiet, 4.0, 0.5),
            (Kind::Busy, 4.0, 0.25),
            (Kind::Echo, 0.0, 0.0),
        ] {
            assert!((measured.p99(kind) - p99).abs() < 1e-9, "{kind:?}");
            assert!((measured.noise(kind) - noise).abs() < 1e-9, "{kind:?}");
        }
    }
}
