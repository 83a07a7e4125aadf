//! The desk as an admin reaches it: through the gateway.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use reqwest::{Client, Method, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::{
    cli::Common,
    failure::{Failure, Kind, Result},
    password,
};

/// How long an answer may take to begin, and each further part of it to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody logged in.
pub struct Api {
    http: Client,
    base: String,
    token: SecretString,
    /// A session of this run's own ends with it.
    own: bool,
}

impl Api {
    /// By the token file if one is named, else by logging in.
    ///
    /// # Errors
    /// No credentials, wrong ones, or a desk out of reach.
    pub async fn enter(common: &Common) -> Result<Self> {
        match &common.token_file {
            Some(path) => Ok(Self {
                http: client()?,
                base: base(common),
                token: read_token(path)?,
                own: false,
            }),
            None => Self::log_in(common).await,
        }
    }

    /// With e-mail address and password.
    ///
    /// # Errors
    /// As [`Api::enter`].
    pub async fn log_in(common: &Common) -> Result<Self> {
        let email = common.email.as_deref().ok_or_else(|| {
            let words = "not logged in: set SUPPORTDESK_EMAIL and SUPPORTDESK_PASSWORD, or name a \
                         token file with SUPPORTDESK_TOKEN_FILE after `supportdeskctl login`";
            Failure::new(Kind::NotAllowed, words)
        })?;
        let password = password::read("SUPPORTDESK_PASSWORD", &format!("Password of {email}: "))?;
        let mut api = Self {
            http: client()?,
            base: base(common),
            token: SecretString::default(),
            own: true,
        };
        let credentials = json!({ "email": email, "password": password.expose_secret() });
        let answer = api.post("/auth/login", &credentials).await?;
        let token = answer["access_token"].as_str();
        api.token = token
            .ok_or_else(|| Failure::failed("the desk gave no token"))?
            .into();
        Ok(api)
    }

    /// Ends the session if it is this run's own; what was done is done whether or not that works.
    pub async fn leave(self) {
        if self.own {
            drop(self.log_out().await);
        }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// The token is none, or the desk is out of reach.
    pub async fn log_out(&self) -> Result {
        self.post("/auth/logout", &json!({})).await.map(drop)
    }

    /// Keeps the token in a file that only its owner reads.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_token(&self, path: &Path) -> Result {
        write_private(path, self.token.expose_secret().as_bytes())
    }

    /// `GET`.
    ///
    /// # Errors
    /// An answer that is no success, or none.
    pub async fn get(&self, path: &str) -> Result<Value> {
        read(self.send(Method::GET, path, None).await?).await
    }

    /// `POST`.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        read(self.send(Method::POST, path, Some(body)).await?).await
    }

    /// `DELETE`.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn delete(&self, path: &str) -> Result<Value> {
        read(self.send(Method::DELETE, path, None).await?).await
    }

    /// `GET`, written as it comes.
    ///
    /// # Errors
    /// As [`Api::get`]; an answer that breaks off.
    pub async fn download(&self, path: &str, to: &mut dyn io::Write) -> Result {
        let mut answer = self.send(Method::GET, path, None).await?;
        while let Some(part) = answer.chunk().await.map_err(|error| broken(&error))? {
            to.write_all(&part)?;
        }
        Ok(to.flush()?)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response> {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method, url);
        let token = self.token.expose_secret();
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| broken(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let envelope: Value = answer.json().await.unwrap_or_default();
        Err(Failure::answered(status, words(&envelope, status.as_u16())))
    }
}

/// The desk's own words, with the fields that a 422 names.
fn words(envelope: &Value, status: u16) -> String {
    let Some(error) = envelope["error"].as_str() else {
        return format!("the desk answered {status}");
    };
    let details = envelope["details"].as_object();
    let fields = details.into_iter().flatten().map(|(field, messages)| {
        let messages = messages.as_array().into_iter().flatten();
        let messages: Vec<&str> = messages.filter_map(Value::as_str).collect();
        format!(" {field}: {}", messages.join(" "))
    });
    std::iter::once(error.to_owned()).chain(fields).collect()
}

async fn read(answer: Response) -> Result<Value> {
    answer.json().await.map_err(|error| broken(&error))
}

/// No answer, or half of one. The address is left out: it may hold credentials.
fn broken(error: &reqwest::Error) -> Failure {
    let kind = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        return Failure::usage("SUPPORTDESK_URL is not like https://desk.example.com");
    } else {
        "the connection broke off"
    };
    Failure::new(
        Kind::Unreachable,
        format!("the desk is out of reach: {kind}"),
    )
}

fn client() -> Result<Client> {
    Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(PATIENCE)
        .user_agent(concat!("supportdeskctl/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Failure::failed(format!("no HTTP client: {error}")))
}

fn base(common: &Common) -> String {
    format!("{}/api", common.url.trim_end_matches('/'))
}

fn read_token(path: &Path) -> Result<SecretString> {
    let text = fs::read_to_string(path).map_err(|error| {
        let words = format!(
            "{}: {error}; `supportdeskctl login` writes it",
            path.display()
        );
        Failure::new(Kind::NotAllowed, words)
    })?;
    Ok(text.trim().into())
}

/// Writes a file of mode 0600.
///
/// # Errors
/// The file cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result {
    let mut file = create_private(path)?;
    Ok(file.write_all(bytes)?)
}

/// Begins a file of mode 0600, in the place of one that is there.
///
/// # Errors
/// The file cannot be made.
pub fn create_private(path: &Path) -> Result<fs::File> {
    let failed = |error: io::Error| Failure::failed(format!("{}: {error}", path.display()));
    // The mode counts for a new file alone.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut options = fs::File::options();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_fields() {
        let envelope = json!({
            "error": "Validation failed.",
            "details": {"name": ["The name is required."], "expires_at": ["In the past.", "Odd."]},
        });
        assert_eq!(
            words(&envelope, 422),
            "Validation failed. expires_at: In the past. Odd. name: The name is required."
        );
        assert_eq!(words(&Value::Null, 502), "the desk answered 502");
    }
}
