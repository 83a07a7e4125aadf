//! The command line, and which command does what.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    command::{admin, api_keys, dead_letters, dead_mails, keys, person, purge, reports, session},
    failure::Result,
};

const AFTER: &str = "\
Two ways lead to the desk.
  By the API (login, api-keys, reports rebuild, person): SUPPORTDESK_URL is the gateway; you are an
  admin by SUPPORTDESK_EMAIL and SUPPORTDESK_PASSWORD (or _PASSWORD_FILE, or typed), or by the token
  in SUPPORTDESK_TOKEN_FILE. A password is never an argument.
  By a service's own command (create-super-admin, dead-letters, dead-mails, reports verify, purge):
  it is run where that service and its settings are. SUPPORTDESK_RUN says how, e.g.
    kubectl exec -i deploy/{service} -- {service}
    docker compose exec -T {service} {service}
  By default `{service}` itself, beside this program or on PATH, with the settings of this environment.

Exit codes:
  0  done
  1  it did not work, or the desk refuses it
  2  the command line, or a setting that it needs
  3  not logged in, or not allowed
  4  there is no such thing
  5  something is not as it should be: differences, letters that failed again
  6  the desk or a service's program is out of reach or busy; try again

The answer is on the standard output (with --json one JSON value), everything for people on the
standard error; with --json a failure is {\"error\":…,\"kind\":…} there.";

/// Administers a desk.
#[derive(Debug, Parser)]
#[command(name = "supportdeskctl", version, after_help = AFTER, arg_required_else_help = true)]
pub struct Line {
    /// What all commands take.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands take.
#[derive(Debug, Args)]
pub struct Common {
    /// Answer with one JSON value.
    #[arg(long, global = true)]
    pub json: bool,
    /// Where the gateway answers, without `/api`.
    #[arg(
        long,
        global = true,
        env = "SUPPORTDESK_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub url: String,
    /// Log in with this e-mail address, for this command alone.
    #[arg(long, global = true, env = "SUPPORTDESK_EMAIL")]
    pub email: Option<String>,
    /// A file with a token that `login` wrote; wins over an e-mail address.
    #[arg(long, global = true, env = "SUPPORTDESK_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// How a service's command is run: words, with {service} for its name.
    #[arg(
        long,
        global = true,
        env = "SUPPORTDESK_RUN",
        default_value = "{service}"
    )]
    pub run: String,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in and keep the token in the file that --token-file names.
    #[command(after_help = session::LOGIN)]
    Login,
    /// End the session of the token file, and remove the file.
    #[command(after_help = session::LOGOUT)]
    Logout,
    /// Make a super admin: the first one, or another.
    #[command(after_help = admin::EXAMPLES)]
    CreateSuperAdmin(admin::Create),
    /// API keys of a project: list, issue, rotate, revoke.
    #[command(subcommand, after_help = api_keys::EXAMPLES)]
    ApiKeys(api_keys::Command),
    /// New key material for the services' settings, and the steps to change it without downtime.
    #[command(subcommand, after_help = keys::EXAMPLES)]
    Keys(keys::Command),
    /// Events that a consumer could not take: list, replay, forget.
    #[command(subcommand, after_help = dead_letters::EXAMPLES)]
    DeadLetters(dead_letters::Command),
    /// Mails that were given up: list, replay.
    #[command(subcommand, after_help = dead_mails::EXAMPLES)]
    DeadMails(dead_mails::Command),
    /// The read models behind the reports: rebuild, status, verify.
    #[command(subcommand, after_help = reports::EXAMPLES)]
    Reports(reports::Command),
    /// Remove tickets that were deleted long enough ago for good, with their files.
    #[command(after_help = purge::EXAMPLES)]
    Purge(purge::Purge),
    /// All that the desk has about a person: export, erase.
    #[command(subcommand, after_help = person::EXAMPLES)]
    Person(person::Command),
}

/// Does what the command line says.
///
/// # Errors
/// Why it did not work, with its exit code.
pub async fn run(line: &Line) -> Result {
    let common = &line.common;
    match &line.command {
        Command::Login => session::log_in(common).await,
        Command::Logout => session::log_out(common).await,
        Command::CreateSuperAdmin(create) => create.run(common).await,
        Command::ApiKeys(command) => command.run(common).await,
        Command::Keys(command) => command.run(common),
        Command::DeadLetters(command) => command.run(common).await,
        Command::DeadMails(command) => command.run(common).await,
        Command::Reports(command) => command.run(common).await,
        Command::Purge(command) => command.run(common).await,
        Command::Person(command) => command.run(common).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_examples() {
        let line = Line::command();
        line.clone().debug_assert();
        for command in line.get_subcommands() {
            let examples = command.get_after_help().map(ToString::to_string);
            let call = format!("supportdeskctl {}", command.get_name());
            let examples = examples.unwrap_or_default();
            assert!(examples.contains(&call), "{call}: {examples}");
        }
    }
}
