//! Which faults come in which order: made up by a seed, the same for the same seed.

use std::{fmt, time::Duration};

use rand::{
    RngExt as _, SeedableRng as _,
    rngs::StdRng,
    seq::{IndexedRandom as _, SliceRandom as _},
};
use xtask::service::Service;

/// Who can be hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// A service.
    Service(Service),
    /// The bus.
    Nats,
    /// The server of all databases.
    Postgres,
}

impl Victim {
    /// Everybody.
    pub fn all() -> impl Iterator<Item = Self> {
        let services = Service::ALL.into_iter().map(Self::Service);
        services.chain([Self::Nats, Self::Postgres])
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => service.fmt(f),
            Self::Nats => f.write_str("nats"),
            Self::Postgres => f.write_str("postgres"),
        }
    }
}

/// What a service depends on by a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// Its database.
    Database,
    /// The bus.
    Bus,
    /// The mail server; the notifier's alone.
    Mail,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "its database",
            Self::Bus => "the bus",
            Self::Mail => "the mail server",
        })
    }
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL, at a fail point when one is named, and a start.
    Kill(Victim, Option<&'static str>),
    /// SIGSTOP for this long.
    Pause(Victim, Duration),
    /// No connection for this long.
    Cut(Service, Line, Duration),
    /// A connection on which nothing comes for this long.
    Hush(Service, Line, Duration),
    /// The bus loses all of its data.
    Wipe,
    /// No room for a service's database for this long.
    Full(Duration),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(victim, None) => write!(f, "kill -9 {victim}"),
            Self::Kill(victim, Some(point)) => write!(f, "kill -9 {victim} at {point}"),
            Self::Pause(victim, time) => write!(f, "pause {victim} for {time:.1?}"),
            Self::Cut(service, line, time) => {
                write!(f, "cut {service} off from {line} for {time:.1?}")
            }
            Self::Hush(service, line, time) => {
                write!(f, "silence between {service} and {line} for {time:.1?}")
            }
            Self::Wipe => f.write_str("kill -9 nats and wipe its data"),
            Self::Full(time) => write!(f, "disk full for {time:.1?}"),
        }
    }
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Tickets that are filed, each with what happens to it.
    pub tickets: u32,
    /// How long the clients work when nothing holds them up, and the faults are spread over.
    pub time: Duration,
    /// How often each process is killed.
    pub kills: u32,
    /// How often somebody is paused; as many wires are cut, and as many go silent.
    pub others: u32,
    /// How often the mail server dies; as often it hangs.
    pub posts: u32,
    /// The longest that a pause, a cut or a silence lasts.
    pub longest: Duration,
    /// Whether the bus loses its data and a disk runs full.
    pub losses: bool,
    /// Whether deadlines of a minute are waited for.
    pub deadlines: bool,
}

impl Extent {
    /// Tickets a minute: ten thousand in five.
    const PACE: u32 = 2_000;

    /// For so many minutes.
    pub fn of(minutes: u32) -> Self {
        Self {
            tickets: minutes * Self::PACE,
            time: Duration::from_mins(minutes.into()),
            kills: 3.max(minutes * 3 / 5),
            others: 1.max(minutes),
            posts: 1.max(minutes / 3),
            longest: Duration::from_secs(6),
            losses: true,
            deadlines: true,
        }
    }

    /// The least that says something, for every run of the tests.
    pub const SHORT: Self = Self {
        tickets: 300,
        time: Duration::from_secs(12),
        kills: 1,
        others: 1,
        posts: 0,
        longest: Duration::from_millis(1_500),
        losses: false,
        deadlines: false,
    };
}

/// Where services can be held, to be killed at exactly that moment.
const fn points(service: Service) -> &'static [&'static str] {
    match service {
        Service::Ticket => &[
            "call-commit",
            "call-committed",
            "relay-read",
            "batch-sent",
            "relay-published",
        ],
        Service::Reporting | Service::SlaWorker => &["batch-commit", "batch-committed"],
        Service::Notifier => &["batch-commit", "batch-committed", "mail-settle"],
        Service::Project => &["batch-commit", "relay-read"],
        Service::Gateway | Service::ExternalGateway | Service::Auth => &[],
    }
}

/// All faults, in their order.
pub fn faults(extent: &Extent, seed: u64) -> Vec<Fault> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut faults = Vec::new();
    for victim in Victim::all() {
        for turn in 0..extent.kills {
            let point = match victim {
                // Every other time wherever it is.
                Victim::Service(service) if turn % 2 == 0 => {
                    points(service).choose(&mut rng).copied()
                }
                _ => None,
            };
            faults.push(Fault::Kill(victim, point));
        }
    }
    let pausable: Vec<Victim> = Victim::all()
        .filter(|victim| *victim != Victim::Postgres)
        .collect();
    for _ in 0..extent.others {
        let time = hold(extent, &mut rng);
        faults.extend(
            pausable
                .choose(&mut rng)
                .map(|victim| Fault::Pause(*victim, time)),
        );
        let (service, line) = wire(&mut rng);
        faults.push(Fault::Cut(service, line, hold(extent, &mut rng)));
        let (service, line) = wire(&mut rng);
        faults.push(Fault::Hush(service, line, hold(extent, &mut rng)));
    }
    faults.shuffle(&mut rng);
    // Mails are tried again half a minute later, and later still: these come early.
    for turn in 0..2 * extent.posts {
        let time = hold(extent, &mut rng);
        let post = if turn % 2 == 0 {
            Fault::Cut(Service::Notifier, Line::Mail, time)
        } else {
            Fault::Hush(Service::Notifier, Line::Mail, time)
        };
        let at = rng.random_range(..=faults.len() / 2);
        faults.insert(at, post);
    }
    if extent.losses {
        let third = faults.len() / 3;
        faults.insert(2 * third, Fault::Wipe);
        faults.insert(third, Fault::Full(extent.longest));
    }
    faults
}

fn hold(extent: &Extent, rng: &mut StdRng) -> Duration {
    extent.longest.mul_f64(rng.random_range(0.4..1.0))
}

fn wire(rng: &mut StdRng) -> (Service, Line) {
    let lines: Vec<(Service, Line)> = wires().collect();
    lines
        .choose(rng)
        .copied()
        .unwrap_or((Service::Ticket, Line::Bus))
}

/// Every wire to a database or the bus.
pub fn wires() -> impl Iterator<Item = (Service, Line)> {
    Service::ALL.into_iter().flat_map(|service| {
        let database = service.database().map(|_| (service, Line::Database));
        database.into_iter().chain([(service, Line::Bus)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_dies_three_times_at_least() {
        for (minutes, kills) in [(1, 3), (5, 3), (30, 18)] {
            let faults = faults(&Extent::of(minutes), 7);
            for victim in Victim::all() {
                let dies = |fault: &&Fault| matches!(fault, Fault::Kill(who, _) if *who == victim);
                let count = faults.iter().filter(dies).count();
                assert_eq!(count, kills, "{victim} in {minutes} minutes");
            }
        }
    }

    #[test]
    fn each_kind_of_fault_comes_and_losses_come_once() {
        let faults = faults(&Extent::of(5), 7);
        let count = |is: fn(&Fault) -> bool| faults.iter().filter(|fault| is(fault)).count();
        assert_eq!(count(|fault| matches!(fault, Fault::Wipe)), 1);
        assert_eq!(count(|fault| matches!(fault, Fault::Full(_))), 1);
        assert_eq!(count(|fault| matches!(fault, Fault::Pause(..))), 5);
        assert_eq!(count(|fault| matches!(fault, Fault::Cut(..))), 6);
        assert_eq!(count(|fault| matches!(fault, Fault::Hush(..))), 6);
        assert!(count(|fault| matches!(fault, Fault::Kill(_, Some(_)))) > 5);
    }

    #[test]
    fn the_seed_decides() {
        let extent = Extent::of(5);
        assert_eq!(faults(&extent, 1), faults(&extent, 1));
        assert_ne!(faults(&extent, 1), faults(&extent, 2));
    }
}
