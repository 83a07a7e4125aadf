//! `supportdeskctl`: what an operator tells a running desk, in one program.
//!
//! It owns nothing and opens no database. What has an endpoint it asks of the gateway with an
//! admin's token ([`api`]); the rest are commands of the services themselves, which it runs where
//! they live and whose answers it reads ([`owner`]). New keys are made right here
//! ([`command::keys`]).
//!
//! The standard output is the answer (with `--json` one JSON value), the standard error is for
//! people, and the exit code is for scripts ([`failure::Failure`]).

mod api;
mod cli;
mod command;
mod failure;
mod output;
mod owner;
mod password;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{cli::Line, failure::Failure};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let line = match Line::try_parse() {
        Ok(line) => line,
        // Help and version are no failures; clap knows which stream is meant.
        Err(error) => {
            drop(error.print());
            return if error.use_stderr() {
                Failure::usage("").code()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match cli::run(&line).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure, line.common.json);
            failure.code()
        }
    }
}
