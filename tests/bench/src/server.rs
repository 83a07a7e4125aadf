//! The PostgreSQL server of the run, as its superuser.

use std::str::FromStr as _;

use anyhow::{Context as _, Result};
use hyper::Uri;
use sqlx::{ConnectOptions as _, PgConnection, postgres::PgConnectOptions};

/// Where it is and who may do everything there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    url: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The superuser.
    pub user: String,
    /// The superuser's password, if one is asked for.
    pub password: Option<String>,
}

impl Server {
    /// From a URL such as `postgres://postgres:secret@127.0.0.1:5432/postgres`.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn at(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().context("the PostgreSQL URL is no URL")?;
        let authority = uri.authority().context("the PostgreSQL URL has no host")?;
        let (who, _) = authority
            .as_str()
            .rsplit_once('@')
            .context("the PostgreSQL URL has no user")?;
        let (user, password) = match who.split_once(':') {
            Some((user, password)) => (user, Some(password.to_owned())),
            None => (who, None),
        };
        Ok(Self {
            url: url.to_owned(),
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(5432),
            user: user.to_owned(),
            password,
        })
    }

    /// The one that the environment names.
    ///
    /// # Errors
    /// When it names none.
    pub fn of_environment() -> Result<Self> {
        let url = std::env::var("SUPPORTDESK_TEST_PG_URL");
        Self::at(&url.context("`cargo xtask bench` brings the servers")?)
    }

    /// Its time, UTC.
    ///
    /// # Errors
    /// When the server does not let us in.
    pub async fn time(&self) -> Result<String> {
        let mut connection = self.connect("postgres").await?;
        let time = sqlx::query_scalar(
            r#"select to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#,
        );
        Ok(time.fetch_one(&mut connection).await?)
    }

    /// The URL of one of its databases.
    pub fn url_of(&self, database: &str) -> String {
        let password = self.password.as_ref().map(|word| format!(":{word}"));
        format!(
            "postgres://{}{}@{}:{}/{database}",
            self.user,
            password.unwrap_or_default(),
            self.host,
            self.port
        )
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When the server does not let us in.
    pub async fn connect(&self, database: &str) -> Result<PgConnection> {
        let options = PgConnectOptions::from_str(&self.url)?.database(database);
        let connection = options.connect().await;
        connection.with_context(|| format!("the database {database} cannot be opened"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_put_together() {
        for (url, user, password) in [
            (
                "postgres://postgres:pw@127.0.0.1:5433/postgres",
                "postgres",
                Some("pw"),
            ),
            ("postgres://admin@127.0.0.1:5433/postgres", "admin", None),
        ] {
            let server = Server::at(url).unwrap();
            assert_eq!(server.user, user);
            assert_eq!(server.password.as_deref(), password);
            assert_eq!((server.host.as_str(), server.port), ("127.0.0.1", 5433));
            assert_eq!(server.url_of("postgres"), url);
        }
        assert!(Server::at("postgres://127.0.0.1/postgres").is_err());
    }
}
