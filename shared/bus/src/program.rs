//! What every program with a database can be told beside `serve`.

mod letters;

use clap::{Args, Subcommand};
use desk_http::{database::MigrateSettings, program::Program, server::Process};
use sqlx::migrate::Migrator;

use crate::{consumer::Consumer, reconcile::Reconciler};

pub use letters::Command as Letters;

/// A program with a database, whose copies can be compared with what their owners said.
pub trait Stored: Program {
    /// Everything in its database, in the order it is migrated.
    fn migrators() -> &'static [&'static Migrator];

    /// Compares what is kept here with what its owners said.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    fn reconciler(&self) -> anyhow::Result<Reconciler<impl Consumer>>;
}

/// A command for operators.
#[derive(Debug, Subcommand)]
pub enum Chore<S: Args> {
    /// Bring the database's schema up to date, as its owner.
    Migrate(MigrateSettings),
    /// Compare what is kept here with what its owners said, and have said again what is missing.
    Reconcile(Box<S>),
    /// List events that could not be taken, have them taken after all, or give them up.
    #[command(subcommand)]
    DeadLetters(letters::Command<S>),
}

impl<S: Args> Chore<S> {
    /// Does it.
    ///
    /// # Errors
    /// A database or an owner out of reach, a migration that fails.
    pub async fn run<P: Stored<Settings = S>>(self) -> anyhow::Result<()> {
        match self {
            Self::Migrate(settings) => settings.run(P::migrators()).await,
            Self::Reconcile(settings) => {
                let process = Process::command(P::IDENTITY, P::server(&settings))?;
                let program = P::open(&settings, &process).await?;
                program.reconciler()?.command().await
            }
            Self::DeadLetters(command) => command.run::<P>().await,
        }
    }
}

/// What can be told to a program that keeps something of tickets, row by row.
#[derive(Debug, Subcommand)]
pub enum Audit<S: Args> {
    /// Compare every row and every figure with ticket's own states; fails when something differs.
    Verify(Box<Verify<S>>),
}

/// What `verify` needs.
#[derive(Debug, Args)]
pub struct Verify<S: Args> {
    /// The program's own settings.
    #[command(flatten)]
    settings: S,
    /// Heal what differs.
    #[arg(long)]
    repair: bool,
    /// Tell on the standard error how far it is: a line `{"done":500,"total":2000}` a page.
    #[arg(long)]
    progress: bool,
}

impl<S: Args> Audit<S> {
    /// Does it.
    ///
    /// # Errors
    /// NATS, ticket or the database is out of reach; something differs and was not to be healed.
    pub async fn run<P: Stored<Settings = S>>(self) -> anyhow::Result<()> {
        let Self::Verify(verify) = self;
        let process = Process::command(P::IDENTITY, P::server(&verify.settings))?;
        let program = P::open(&verify.settings, &process).await?;
        let reconciler = program.reconciler()?;
        reconciler.verify(verify.repair, verify.progress).await
    }
}
