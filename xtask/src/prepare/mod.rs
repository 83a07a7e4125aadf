//! `cargo xtask prepare`: the committed data by which SQL queries are checked without a database.
//!
//! Every crate with SQL has its own `sqlx.toml`, its own variable for a database URL and its own
//! `.sqlx` folder: the same SQL means different things in different databases. One `cargo check`
//! of the whole workspace asks fresh databases about every query; [`wrapper`] tells each crate's
//! compilation where its answers go.

mod compare;
mod crates;
pub mod wrapper;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;

use crate::{
    cargo, paths,
    postgres::{
        Tools,
        psql::{Psql, identifier},
    },
    say,
};
use crates::SqlCrate;

/// Makes the data of the named crates (all, when none is named) in the databases of a server, and
/// puts it into their `.sqlx` folders; with `check` it only compares.
pub async fn run(server: &str, check: bool, names: &[String]) -> Result<()> {
    let all = crates::find(paths::root())?;
    let wanted = select(&all, names)?;
    if wanted.is_empty() {
        say::line("no crate has SQL");
        return Ok(());
    }
    let psql = Psql::new(&Tools::find_or_install(None)?, server)?;
    let step = say::step("Databases for the queries");
    // Whatever is compiled on the way asks its database too.
    let needed = || {
        all.iter()
            .filter(|one| one.is_shared() || wanted.contains(one))
    };
    let databases = Databases::make(psql, needed()).await?;
    step.done(format_args!("{} migrated", databases.made.len()));
    let answers = paths::target()?.join("xtask/sqlx");
    let everything = wanted.len() == all.len();
    let outcome = ask(&databases, &wanted, everything, &answers).await;
    databases.remove().await?;
    outcome?;
    if check {
        compare_all(&wanted, &answers)
    } else {
        replace_all(&wanted, &answers)
    }
}

fn select<'a>(all: &'a [SqlCrate], names: &[String]) -> Result<Vec<&'a SqlCrate>> {
    for name in names {
        if !all.iter().any(|one| one.goes_by(name)) {
            let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
            bail!("no crate `{name}` has SQL; these do: {}", known.join(", "));
        }
    }
    let is_wanted =
        |one: &&SqlCrate| names.is_empty() || names.iter().any(|name| one.goes_by(name));
    Ok(all.iter().filter(is_wanted).collect())
}

/// A fresh, migrated database per crate.
struct Databases {
    psql: Psql,
    /// The variable and the database of each crate.
    made: Vec<(String, String)>,
}

impl Databases {
    async fn make(psql: Psql, crates: impl Iterator<Item = &SqlCrate>) -> Result<Self> {
        let mut making = JoinSet::new();
        for one in crates {
            let (psql, one) = (psql.clone(), one.clone());
            making.spawn(async move {
                let name = format!("{}_{}", one.variable.to_lowercase(), std::process::id());
                one.migrate(&psql, &name).await?;
                Ok::<_, anyhow::Error>((one.variable, name))
            });
        }
        let mut databases = Self {
            psql,
            made: Vec::new(),
        };
        let mut failure = None;
        while let Some(made) = making.join_next().await {
            match made? {
                Ok(made) => databases.made.push(made),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            None => Ok(databases),
            Some(error) => {
                databases.remove().await?;
                Err(error)
            }
        }
    }

    async fn remove(&self) -> Result<()> {
        let drop = |(_, name): &(String, String)| {
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE);", identifier(name))
        };
        let script: Vec<String> = self.made.iter().map(drop).collect();
        self.psql.run(&script.join("\n")).await?;
        Ok(())
    }
}

/// Compiles with the databases at hand; every query's answer lands in `answers/<crate>/`.
async fn ask(
    databases: &Databases,
    wanted: &[&SqlCrate],
    everything: bool,
    answers: &Path,
) -> Result<()> {
    paths::remove(answers)?;
    for one in wanted {
        paths::make(&answers.join(&one.name))?;
    }
    let mut command = cargo::command(["check", "--all-targets"])?;
    if everything {
        // With the features that clippy resolves for the whole, so that both share dependencies.
        command.arg("--workspace");
    } else {
        command.args(wanted.iter().flat_map(|one| ["--package", &one.name]));
    }
    command
        .env("RUSTC_WORKSPACE_WRAPPER", env::current_exe()?)
        .env(wrapper::ANSWERS, answers)
        .env("SQLX_OFFLINE", "false")
        .envs(
            databases
                .made
                .iter()
                .map(|(variable, name)| (variable, databases.psql.own_url(name))),
        );
    let _touched = Touched::all(wanted)?;
    cargo::run(command, "checking the queries").await
}

/// Crates made to look changed: cargo compiles them, though their code is as before. Their times
/// come back at the end, so that nothing else is built for it.
struct Touched(Vec<(PathBuf, SystemTime)>);

impl Touched {
    fn all(crates: &[&SqlCrate]) -> Result<Self> {
        let mut touched = Self(Vec::new());
        for one in crates {
            let file = one.folder.join("src/lib.rs");
            let before = fs::metadata(&file).and_then(|file| file.modified());
            let before = before.with_context(|| format!("{} is not there", file.display()))?;
            touched.0.push((file.clone(), before));
            set_modified(&file, now())?;
        }
        Ok(touched)
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        for (file, time) in &self.0 {
            drop(set_modified(file, *time));
        }
    }
}

fn set_modified(file: &Path, time: SystemTime) -> Result<()> {
    let open = fs::File::options().append(true).open(file);
    open.and_then(|open| open.set_modified(time))
        .with_context(|| format!("{} cannot be touched", file.display()))
}

#[expect(clippy::disallowed_methods, reason = "a file's time, no business time")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn replace_all(wanted: &[&SqlCrate], answers: &Path) -> Result<()> {
    for one in wanted {
        let changes = compare::replace(&answers.join(&one.name), &one.data())?;
        say::line(format_args!("{}: {changes} files changed", one.name));
    }
    Ok(())
}

fn compare_all(wanted: &[&SqlCrate], answers: &Path) -> Result<()> {
    let mut stale = BTreeSet::new();
    for one in wanted {
        for difference in compare::differences(&answers.join(&one.name), &one.data())? {
            say::line(format_args!("{}: {difference}", one.name));
            stale.insert(one.name.as_str());
        }
    }
    if stale.is_empty() {
        say::line(format_args!(
            "the query data of {} crates is current",
            wanted.len()
        ));
        return Ok(());
    }
    let names: Vec<&str> = stale.into_iter().collect();
    bail!(
        "the query data of {} is stale: `cargo xtask prepare` renews it",
        names.join(", ")
    )
}
