//! What a seeded local stack offers: the accounts, the key, and the lines to try first.

use std::{collections::BTreeMap, fmt::Write as _};

use console::style;
use serde::{Deserialize, Serialize};

use crate::{service::Service, settings::Environment};

/// The password of every demo account.
pub const PASSWORD: &str = "password";
/// The first super admin.
pub const SUPER: &str = "super@support.local";
/// An admin.
pub const ADMIN: &str = "admin@support.local";
/// An agent of the first project.
pub const AGENT: &str = "agent@support.local";
/// A customer.
pub const CUSTOMER: &str = "customer@support.local";

/// What seeding made and nobody can read back: kept in `.local/demo.json`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demo {
    /// The project of the key.
    pub project: String,
    /// Its id.
    pub project_id: i64,
    /// `sk_…`
    pub api_key: String,
    /// `ss_…`, shown once by the API.
    pub api_secret: String,
}

/// The settings by which auth makes the first super admin.
pub fn bootstrap() -> BTreeMap<Service, Environment> {
    let settings = Environment::from([
        ("SUPPORTDESK_BOOTSTRAP_EMAIL".to_owned(), SUPER.to_owned()),
        (
            "SUPPORTDESK_BOOTSTRAP_PASSWORD".to_owned(),
            PASSWORD.to_owned(),
        ),
    ]);
    BTreeMap::from([(Service::Auth, settings)])
}

/// What `up` prints when all is ready.
pub fn banner(url: &str, demo: &Demo) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {:<12}{value}", style(name).bold());
    };
    row("URL", url);
    for (role, email) in [
        ("super admin", SUPER),
        ("admin", ADMIN),
        ("agent", AGENT),
        ("customer", CUSTOMER),
    ] {
        row(role, &format!("{email} / {PASSWORD}"));
    }
    row(
        "API key",
        &format!("{} (project {})", demo.api_key, demo.project),
    );
    row("API secret", &demo.api_secret);
    let [login, create, list] = try_first(url, demo);
    let _ = write!(
        text,
        "\n{}\n{login}\n\n{}\n{create}\n\n{}\n{list}\n\n{}",
        style("# log in").dim(),
        style("# a ticket from the external project").dim(),
        style("# the agent's tickets").dim(),
        style("Ctrl-C stops everything; the data stays.").dim(),
    );
    text
}

/// Three lines for a shell: log in, file a ticket by key, list tickets with the token.
fn try_first(url: &str, demo: &Demo) -> [String; 3] {
    let login = format!(
        "TOKEN=$(curl -s {url}/api/auth/login -H 'Content-Type: application/json' \
         -d '{{\"email\":\"{AGENT}\",\"password\":\"{PASSWORD}\"}}' \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/') && echo \"$TOKEN\""
    );
    let create = format!(
        "curl -s {url}/api/external/tickets -H 'X-Api-Key: {}' -H 'X-Api-Secret: {}' \
         -H 'Content-Type: application/json' -d '{{\"customer_name\":\"Tunde Adeyemi\",\
         \"customer_email\":\"tunde@example.com\",\"subject\":\"Cannot upload photos\",\
         \"description\":\"The upload button does nothing.\",\"priority\":\"high\"}}'",
        demo.api_key, demo.api_secret
    );
    let list =
        format!("curl -s '{url}/api/tickets?per_page=5' -H \"Authorization: Bearer $TOKEN\"");
    [login, create, list]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_hold_what_they_need() {
        let demo = Demo {
            project: "NaijaHomes".into(),
            project_id: 1,
            api_key: "sk_a".into(),
            api_secret: "ss_b".into(),
        };
        let text = banner("http://127.0.0.1:8080", &demo);
        for part in [
            "super@support.local / password",
            "-H 'X-Api-Key: sk_a' -H 'X-Api-Secret: ss_b'",
            "http://127.0.0.1:8080/api/auth/login",
            "Bearer $TOKEN",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
