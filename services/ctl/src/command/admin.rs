//! `create-super-admin`: by auth's own command, since no request makes one.

use clap::Args;
use rand::distr::{Alphanumeric, SampleString as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    cli::Common,
    failure::Result,
    output::{answer, field},
    owner, password,
};

/// Examples.
pub const EXAMPLES: &str = "\
Examples:
  supportdeskctl create-super-admin root@example.com --generate
  SUPPORTDESK_NEW_PASSWORD_FILE=/run/secrets/root supportdeskctl create-super-admin root@example.com
  supportdeskctl --run 'kubectl exec -i deploy/{service} -- {service}' create-super-admin root@example.com

Needs no running API: `auth create-super-admin` writes to auth's database. The new password comes
from SUPPORTDESK_NEW_PASSWORD, SUPPORTDESK_NEW_PASSWORD_FILE or the terminal.";

/// Characters of a password that is made here: 190 bits.
const GENERATED: usize = 32;

/// A super admin to be made.
#[derive(Debug, Args)]
pub struct Create {
    /// Its e-mail address.
    address: String,
    /// Name of the account.
    #[arg(long)]
    name: Option<String>,
    /// Make one also when there is one already.
    #[arg(long)]
    another: bool,
    /// Make a password and print it, this once.
    #[arg(long)]
    generate: bool,
}

impl Create {
    /// Does it.
    ///
    /// # Errors
    /// There is one already, the address is taken, a password that cannot be set, auth's program
    /// out of reach.
    pub async fn run(&self, common: &Common) -> Result {
        let password = if self.generate {
            SecretString::from(Alphanumeric.sample_string(&mut rand::rng(), GENERATED))
        } else {
            password::read("SUPPORTDESK_NEW_PASSWORD", "New password: ")?
        };
        let mut words = vec!["create-super-admin", "--email", &self.address];
        if let Some(name) = &self.name {
            words.extend(["--name", name]);
        }
        if self.another {
            words.push("--another");
        }
        let said = owner::run(common, "auth", &words, Some(&password), None).await?;
        let mut made = said.only("auth")?;
        if self.generate {
            made["password"] = password.expose_secret().into();
        }
        answer(common.json, &made, |made| {
            let mut lines = vec![format!("super admin {} made", field(made, "email"))];
            if self.generate {
                lines.push(format!("password: {}", field(made, "password")));
            }
            lines
        })
    }
}
