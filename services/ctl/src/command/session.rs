//! `login` and `logout`: a session that several commands share.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    api::Api,
    cli::Common,
    failure::{Failure, Kind, Result},
    output::answer,
};

/// Examples of `login`.
pub const LOGIN: &str = "\
Examples:
  SUPPORTDESK_EMAIL=root@example.com supportdeskctl login --token-file ~/.supportdesk-token
  export SUPPORTDESK_TOKEN_FILE=~/.supportdesk-token    # for the commands that follow

The token is good for an hour unless JWT_TTL says otherwise.";

/// Examples of `logout`.
pub const LOGOUT: &str = "\
Examples:
  supportdeskctl logout --token-file ~/.supportdesk-token";

/// Logs in and keeps the token.
///
/// # Errors
/// No token file named, wrong credentials, a desk out of reach.
pub async fn log_in(common: &Common) -> Result {
    let path = token_file(common)?;
    let api = Api::log_in(common).await?;
    if let Err(failure) = api.keep_token(path) {
        api.leave().await;
        return Err(failure);
    }
    let value = json!({ "token_file": path });
    answer(common.json, &value, |_| {
        vec![format!("logged in; the token is in {}", path.display())]
    })
}

/// Ends the session and removes the file; of a session that is over already, the file alone.
///
/// # Errors
/// No token file named or there, a desk out of reach.
pub async fn log_out(common: &Common) -> Result {
    let path = token_file(common)?;
    let ended = Api::enter(common).await?.log_out().await;
    let over = match ended {
        Ok(()) => false,
        Err(failure) if failure.kind == Kind::NotAllowed => true,
        Err(failure) => return Err(failure),
    };
    fs::remove_file(path)
        .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    answer(common.json, &json!({ "was_over": over }), |_| {
        vec!["logged out".to_owned()]
    })
}

fn token_file(common: &Common) -> Result<&Path> {
    let path = common.token_file.as_deref();
    path.ok_or_else(|| Failure::usage("name a file with --token-file or SUPPORTDESK_TOKEN_FILE"))
}
