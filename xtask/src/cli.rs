//! The commands.

use std::{env, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::{
    bench, chaos, compose_env, down, events, fuzz,
    lab::{Care, Lab, Servers},
    load, logs, openapi,
    paths::Profile,
    prepare, previous, rebuild_reports, reconcile, say, soak,
    test::{self, Step},
    up, verify_reports,
};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything on this machine: PostgreSQL, NATS, all services, demo data
    ///
    /// Finds PostgreSQL 15 or newer and nats-server 2.15, or installs them, and keeps private
    /// instances below `.local`. Ctrl-C stops everything in order; the data stays for the next time.
    Up {
        /// Build with optimisations: slower to build, quicker to run
        #[arg(long)]
        release: bool,
        /// Add this to every port, e.g. to run two checkouts at once
        #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=20_000))]
        port_offset: u16,
    },
    /// Stop a running `up` from another terminal, and what an interrupted one left
    Down,
    /// Stop, and remove the data, keys and logs of the local stack
    Reset,
    /// Show the logs of the local stack
    Logs {
        /// One service, or `postgres` or `nats`; all when left out
        service: Option<String>,
        /// Go on with what is added
        #[arg(short, long)]
        follow: bool,
        /// How many lines of the past of each
        #[arg(short = 'n', long, default_value_t = 40)]
        lines: usize,
    },
    /// Print the events of the local stack
    Events {
        /// Go on with what comes
        #[arg(short, long)]
        follow: bool,
        /// Only these, e.g. `ticket.*`
        #[arg(short, long)]
        subject: Option<String>,
    },
    /// Compare what every service of the local stack keeps with what its owners said
    ///
    /// One JSON line a service. They do so by themselves, too: see docs/architecture.md.
    Reconcile,
    /// Build the reports of the local stack anew from the tickets, while the old ones serve
    ///
    /// May be interrupted and started again.
    RebuildReports,
    /// Compare every report's figures and every open deadline with the tickets; prints what differs
    VerifyReports {
        /// Heal what differs
        #[arg(long)]
        repair: bool,
    },
    /// Fill the running local stack with made-up tickets, up to a million and more
    ///
    /// Sixty projects of very different size, two years, words that a search finds. The consumers
    /// follow. From 20,000 tickets on, nobody else can file any until they are in.
    Load {
        /// How many
        #[arg(long)]
        tickets: u64,
        /// Which ones: the same seed makes up the same tickets
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Tell nobody: reports, deadlines and accounts stay as they are
        #[arg(long)]
        without_events: bool,
    },
    /// Check everything that CI checks: format, SQL data, lints, build, tests
    ///
    /// Uses a PostgreSQL and a NATS of its own, apart from a running `up`.
    Test {
        /// Only these steps; may be given several times
        #[arg(long, value_enum)]
        only: Vec<Step>,
        /// Try the stack of docker-compose.yml with programs of a release build
        #[arg(long)]
        release_containers: bool,
        /// Handed to `cargo test`, e.g. `-- -p ticket assign`
        #[arg(last = true)]
        words: Vec<String>,
    },
    /// Replace the services of another revision by this one's, and back, under load
    ///
    /// Two replicas of each, the same databases and stream: old services, new migrations, new
    /// services, old ones again. Fails when a request fails.
    UpgradeTest {
        /// From there: a tag, a branch or a commit
        #[arg(long, value_name = "REV")]
        from: String,
    },
    /// Start the servers that tests need until Ctrl-C, and tell where they are
    Deps,
    /// Measure the desk in ratios to what this machine does without it
    ///
    /// Release build, durable servers of its own, a table at the end. Absolute figures are this
    /// machine's; the ratios are what counts. They go to `bench/latest.json`, each part's in the
    /// place of its earlier ones, and a picture of them beside it.
    Bench {
        /// Only this. Without: basics, mails and fairness; the others take some minutes each, `lists`
        /// 4 GB, too
        #[arg(value_enum)]
        part: Option<bench::Part>,
        /// Every part, one after the other
        #[arg(long, conflicts_with = "part")]
        all: bool,
        /// Short points: under three minutes without the build
        #[arg(long)]
        quick: bool,
        /// Of `reports`: the tickets that they are over, 100,000 unless told otherwise
        #[arg(long)]
        tickets: Option<u64>,
        /// Put the results into this file instead
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Load the desk for a while, and fail when it grows or does not come to rest
    ///
    /// Release build, durable servers of its own. Memory, pools, outboxes, consumers and latencies
    /// are watched; the demands are told at the end.
    Soak {
        /// How long the load lasts; growth is judged from five minutes on
        #[arg(long, default_value_t = 20.0)]
        minutes: f64,
        /// Requests a second
        #[arg(long, default_value_t = 50)]
        rate: u32,
        /// Draw the series into this file
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Also write verdict and series to this file
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Fuzz the API document as every role and by an API key, and ticket life cycles, for long
    ///
    /// `test` does both in short. Each caller has a desk of its own and a fifth of the time.
    Fuzz {
        /// How long, about; the lives of tickets come on top
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_440))]
        minutes: u64,
        /// Which values: the same seed makes up the same ones
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Kill, freeze, cut off and fill up everything while clients work; nothing may be lost or doubled
    ///
    /// On a PostgreSQL and a NATS of its own, which die, too. A log of every fault and a table at
    /// the end. As root on Linux a disk runs full as well.
    Chaos {
        /// How long the clients work, five unless told otherwise; comparing takes some more
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        minutes: Option<u32>,
        /// Which faults come when; any unless told otherwise, and told
        #[arg(long)]
        seed: Option<u64>,
        /// Build with optimisations
        #[arg(long)]
        release: bool,
        /// Try desks with a planted bug instead, which must be found out
        #[arg(long)]
        mutants: bool,
    },
    /// Write the secrets that docker-compose.yml needs into `.env`, or add those that lack there
    ComposeEnv,
    /// Renew the committed data by which SQL queries are checked without a database
    Prepare {
        /// Change nothing; fail when something would change
        #[arg(long)]
        check: bool,
        /// Only these crates; all when left out
        crates: Vec<String>,
    },
    /// Renew the committed API document, `docs/openapi.json`, from the services' code
    Openapi,
}

/// Runs the command that the program was called with.
pub fn run() -> ExitCode {
    let outcome = prepare::wrapper::become_rustc().and_then(|()| {
        let cli = Cli::parse();
        let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
        runtime.block_on(execute(cli.command))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Up {
            release,
            port_offset,
        } => {
            let profile = profile(release);
            up::run(up::Options {
                profile,
                port_offset,
            })
            .await
        }
        Command::Down => down::down(),
        Command::Reset => down::reset(),
        Command::Logs {
            service,
            follow,
            lines,
        } => logs::run(service.as_deref(), follow, lines).await,
        Command::Events { follow, subject } => events::run(follow, subject.as_deref()),
        Command::Reconcile => reconcile::run(),
        Command::RebuildReports => rebuild_reports::run(),
        Command::VerifyReports { repair } => verify_reports::run(repair),
        Command::Load {
            tickets,
            seed,
            without_events,
        } => {
            load::run(load::Wanted {
                tickets,
                seed,
                without_events,
            })
            .await
        }
        Command::Test {
            only,
            release_containers,
            words,
        } => {
            let containers = profile(release_containers);
            test::run(&only, containers, &words).await
        }
        Command::UpgradeTest { from } => previous::run(&from).await,
        Command::Deps => test::deps().await,
        Command::Bench {
            part,
            all,
            quick,
            tickets,
            json,
        } => {
            let wanted = bench::Wanted {
                part,
                all,
                quick,
                tickets,
                json: json.as_deref(),
            };
            bench::run(wanted).await
        }
        Command::Soak {
            minutes,
            rate,
            svg,
            json,
        } => {
            let wanted = soak::Wanted {
                minutes,
                rate,
                svg: svg.as_deref(),
                json: json.as_deref(),
            };
            soak::run(wanted).await
        }
        Command::Fuzz { minutes, seed } => fuzz::run(fuzz::Wanted { minutes, seed }).await,
        Command::Chaos {
            minutes,
            seed,
            release,
            mutants,
        } => {
            let profile = profile(release);
            chaos::run(chaos::Wanted {
                minutes,
                seed,
                profile,
                mutants,
            })
            .await
        }
        Command::ComposeEnv => compose_env::run(),
        Command::Prepare { check, crates } => prepare_on_some_server(check, &crates).await,
        Command::Openapi => openapi::run().await,
    }
}

const fn profile(release: bool) -> Profile {
    if release {
        Profile::Release
    } else {
        Profile::Debug
    }
}

/// On the server of a running `deps` when its export is at hand, else on one of its own.
async fn prepare_on_some_server(check: bool, crates: &[String]) -> Result<()> {
    if let Ok(server) = env::var("SUPPORTDESK_TEST_PG_URL") {
        return prepare::run(&server, check, crates).await;
    }
    let lab = Lab::start(Servers::Postgres, Care::Fast).await?;
    let outcome = prepare::run(lab.postgres_url(), check, crates).await;
    lab.stop(false).await?;
    outcome
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_after_the_dashes_go_to_cargo() {
        let cli = Cli::try_parse_from([
            "xtask",
            "test",
            "--only",
            "test",
            "--",
            "-p",
            "ticket",
            "--",
            "--nocapture",
        ]);
        let Command::Test { only, words, .. } = cli.unwrap().command else {
            panic!("test")
        };
        assert_eq!(only, [Step::Test]);
        assert_eq!(words, ["-p", "ticket", "--", "--nocapture"]);
    }
}
