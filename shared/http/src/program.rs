//! A service as a program: its command line, and what `serve` does from start to stop.

use std::{ffi::OsString, future::Future, num::NonZeroUsize, thread::available_parallelism};

use axum::Router;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    connections::PerAddress,
    healthcheck::Healthcheck,
    server::{Identity, Process, ServerSettings},
};

/// A service, opened.
pub trait Program: Sized + Send + Sync {
    /// Its name and port.
    const IDENTITY: Identity;
    /// What it is for, in one line.
    const ABOUT: &'static str;

    /// What it reads from the environment.
    type Settings: Args + Send + Sync;

    /// The part of its settings that every process has.
    fn server(settings: &Self::Settings) -> &ServerSettings;

    /// How many connections one address may have; any number where one address is a neighbour.
    fn per_address(_: &Self::Settings) -> Option<PerAddress> {
        None
    }

    /// Opens what it needs.
    ///
    /// # Errors
    /// A setting that is none, a database out of reach or of an older schema.
    fn open(
        settings: &Self::Settings,
        process: &Process,
    ) -> impl Future<Output = anyhow::Result<Self>> + Send;

    /// Starts what runs beside the requests until told to stop; requests are taken afterwards.
    ///
    /// # Errors
    /// Something that cannot be started.
    fn start(
        &self,
        stop: &CancellationToken,
    ) -> impl Future<Output = anyhow::Result<Vec<JoinHandle<()>>>> + Send;

    /// Its routes, undressed.
    fn router(&self) -> Router;

    /// The last thing it does.
    fn stopped(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

#[derive(Parser)]
struct Line<S: Args, C: Subcommand> {
    #[command(subcommand)]
    command: Command<S, C>,
}

#[derive(Subcommand)]
enum Command<S: Args, C: Subcommand> {
    /// Serve until told to stop; what happens without a command, too.
    Serve(Box<S>),
    /// Fail unless the process that serves here is ready.
    Healthcheck(Healthcheck),
    #[command(flatten)]
    Other(C),
}

/// Does what the command line says, on a runtime of its own; the first of `words` is the program's
/// name. Serves, or hands over another of its commands ([`std::convert::Infallible`] where there is
/// none).
///
/// # Errors
/// Whatever stops the command.
pub fn run<P: Program, C: Subcommand>(
    words: Vec<OsString>,
    other: impl AsyncFnOnce(C) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let command = read::<P, C>(words).unwrap_or_else(|error| error.exit());
    match command {
        Command::Serve(settings) => {
            runtime(P::server(&settings).worker_threads)?.block_on(serve::<P>(&settings))
        }
        Command::Healthcheck(check) => runtime(None)?.block_on(check.run(P::IDENTITY)),
        Command::Other(command) => runtime(None)?.block_on(other(command)),
    }
}

/// With as many threads as wanted, else half as many as there are cores. One for each core, the
/// runtime's own default, has the threads of eight processes wake one another where cores are few: a
/// fifth of a create's CPU on two.
fn runtime(threads: Option<NonZeroUsize>) -> std::io::Result<Runtime> {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    Builder::new_multi_thread()
        .worker_threads(threads.map_or_else(|| default_threads(cores), NonZeroUsize::get))
        .enable_all()
        .build()
}

fn default_threads(cores: usize) -> usize {
    (cores / 2).max(1)
}

fn read<P: Program, C: Subcommand>(
    mut words: Vec<OsString>,
) -> Result<Command<P::Settings, C>, clap::Error> {
    if words.len() == 1 {
        words.push("serve".into());
    }
    let line = Line::<P::Settings, C>::command()
        .name(P::IDENTITY.name)
        .about(P::ABOUT)
        .version(env!("CARGO_PKG_VERSION"));
    let matches = line.try_get_matches_from(words)?;
    Ok(Line::from_arg_matches(&matches)?.command)
}

async fn serve<P: Program>(settings: &P::Settings) -> anyhow::Result<()> {
    let process = Process::start(P::IDENTITY, P::server(settings))?;
    let telemetry = process.telemetry();
    let health = process.tell_health().await?;
    let program = P::open(settings, &process).await?;
    let stop = process.stop.clone();
    let background = program.start(&stop).await?;
    let per_address = P::per_address(settings);
    let served = process.serve(program.router(), per_address).await;
    stop.cancel();
    for task in background {
        task.await?;
    }
    program.stopped().await;
    drop(health);
    telemetry.shutdown().await;
    served
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    struct Toy;

    #[derive(Args)]
    struct ToySettings {
        #[command(flatten)]
        server: ServerSettings,
        #[arg(long, default_value_t = 1)]
        size: u8,
    }

    #[derive(Debug, PartialEq, Subcommand)]
    enum Wind {
        Up { turns: u8 },
    }

    impl Program for Toy {
        const IDENTITY: Identity = Identity {
            name: "toy",
            port: 1,
        };
        const ABOUT: &'static str = "Rolls.";

        type Settings = ToySettings;

        fn server(settings: &ToySettings) -> &ServerSettings {
            &settings.server
        }

        async fn open(_: &ToySettings, _: &Process) -> anyhow::Result<Self> {
            Ok(Self)
        }

        async fn start(&self, _: &CancellationToken) -> anyhow::Result<Vec<JoinHandle<()>>> {
            Ok(Vec::new())
        }

        fn router(&self) -> Router {
            Router::new()
        }
    }

    fn told<C: Subcommand>(words: &str) -> Result<Command<ToySettings, C>, String> {
        let words = words.split(' ').map(OsString::from);
        read::<Toy, C>(words.collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn half_of_the_cores_serve_unless_told_otherwise() {
        for (cores, threads) in [(1, 1), (2, 1), (3, 1), (4, 2), (64, 32)] {
            assert_eq!(default_threads(cores), threads, "{cores}");
        }
        let wanted = NonZeroUsize::new(3);
        let workers = runtime(wanted).unwrap().metrics().num_workers();
        assert_eq!(Some(workers), wanted.map(NonZeroUsize::get));
    }

    #[test]
    fn the_command_line_serves_or_does_what_else_a_program_can() {
        let key = desk_identity::SigningKey::generate().unwrap();
        let keys = format!(
            "--signing-key x --trusted-signers a:{}",
            key.public_setting()
        );
        for (words, size) in [("serve", 1), ("serve --size 2", 2)] {
            match told::<Wind>(&format!("toy {words} {keys}")) {
                Ok(Command::Serve(settings)) => assert_eq!(settings.size, size, "{words}"),
                Ok(Command::Other(wind)) => panic!("{words}: {wind:?}"),
                Ok(Command::Healthcheck(check)) => panic!("{words}: {check:?}"),
                Err(error) => panic!("{words}: {error}"),
            }
        }
        let up = told::<Wind>("toy up 3");
        assert!(matches!(up, Ok(Command::Other(Wind::Up { turns: 3 }))));
        assert!(matches!(
            told::<Infallible>("toy healthcheck"),
            Ok(Command::Healthcheck(_))
        ));
        for words in ["toy down", "toy serve --size many"] {
            assert!(told::<Wind>(words).is_err(), "{words}");
        }
        assert!(told::<Infallible>("toy up 3").is_err());
    }

    #[test]
    fn without_a_command_it_serves_and_says_what_it_lacks() {
        let error = told::<Wind>("toy").err().unwrap_or_default();
        assert!(error.contains("toy serve"), "{error}");
        let help = told::<Wind>("toy --help").err().unwrap_or_default();
        for part in ["Rolls.", "serve", "up"] {
            assert!(help.contains(part), "{help}");
        }
    }
}
