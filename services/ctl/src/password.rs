//! Passwords: from the environment, a file or the terminal, never from the command line.

use std::{env, fs, io::IsTerminal as _};

use console::Term;
use secrecy::SecretString;

use crate::failure::{Failure, Result};

/// The password in `<name>`, in the file that `<name>_FILE` names, or typed by whoever sits there.
///
/// # Errors
/// None of these.
pub fn read(name: &str, prompt: &str) -> Result<SecretString> {
    if let Some(password) = env::var(name).ok().filter(|text| !text.is_empty()) {
        return Ok(password.into());
    }
    let file = format!("{name}_FILE");
    if let Some(path) = env::var_os(&file).filter(|path| !path.is_empty()) {
        let text = fs::read_to_string(&path)
            .map_err(|error| Failure::usage(format!("{file}: {error}")))?;
        return Ok(text.trim_end_matches(['\r', '\n']).into());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "no password: set {name} or {file}, or run this on a terminal"
        )));
    }
    let terminal = Term::stderr();
    terminal.write_str(prompt)?;
    Ok(terminal.read_secure_line()?.into())
}
