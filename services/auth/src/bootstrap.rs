//! Super admins, whom no request can make: the first from the start-up environment, and any by
//! `auth create-super-admin`.

use std::io::{self, BufRead as _, Write as _};

use anyhow::{Context, bail};
use desk_events::Role;
use desk_http::{Error, program::Program as _, server::Process};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    app::App,
    domain::Password,
    events,
    program::Auth,
    settings::{BootstrapSettings, Settings, address},
    store::{
        audit::{self, Author},
        users::{self, NewUser},
    },
};

/// The name of whoever was given none.
const NAME: &str = "Super Admin";

/// Makes the first super admin while there is none and the settings name one; of several replicas
/// that start at once one does. Answers whether this one did.
///
/// # Errors
/// Settings that break the rules, an address that has an account already, or the database's.
pub async fn first_super_admin(app: &App, settings: &BootstrapSettings) -> anyhow::Result<bool> {
    let Some((email, password)) = settings.checked()? else {
        return Ok(false);
    };
    let wish = Wish {
        name: NAME,
        email: &email,
        password: &password,
        another: false,
    };
    match super_admin(app, &wish).await? {
        Made::Account(_) => Ok(true),
        Made::ThereIsOne => Ok(false),
        Made::AddressTaken => bail!(
            "the first super admin: the address of SUPPORTDESK_BOOTSTRAP_EMAIL has an account already"
        ),
    }
}

/// A super admin to be made.
#[derive(Debug)]
pub struct Wish<'a> {
    /// Name.
    pub name: &'a str,
    /// Address, lower case.
    pub email: &'a str,
    /// Password, checked.
    pub password: &'a Password,
    /// Also when there is one already.
    pub another: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// The account, by its id.
    Account(i64),
    /// There is a super admin, and another one was not wanted.
    ThereIsOne,
    /// The address has an account, which nobody promotes by this.
    AddressTaken,
}

/// Makes a super admin.
///
/// # Errors
/// The database's.
pub async fn super_admin(app: &App, wish: &Wish<'_>) -> anyhow::Result<Made> {
    let mut tx = app.db.begin().await?;
    users::lock_super_admins(&mut tx).await?;
    if !wish.another && users::has_super_admin(&mut tx).await? {
        return Ok(Made::ThereIsOne);
    }
    let now = app.clock.now();
    let new = NewUser {
        name: wish.name,
        email: wish.email,
        password_hash: &app.passwords.hash(wish.password).await?,
        role: Role::SuperAdmin,
        phone: None,
        department: None,
        email_verified_at: Some(now),
    };
    let user = match users::insert(&mut tx, &new, now).await {
        Err(Error::Invalid(_)) => return Ok(Made::AddressTaken),
        user => user?,
    };
    events::created(&mut tx, &user).await?;
    let system = Author {
        actor_id: None,
        address: None,
    };
    let details = audit::appeared(&user.email, user.role);
    audit::user(&mut tx, system, "user.created", user.id, &details, now).await?;
    app.commit(tx).await?;
    tracing::info!(user_id = user.id, "super admin made");
    Ok(Made::Account(user.id))
}

/// `auth create-super-admin`. The password is the first line of the standard input: it belongs
/// neither on a command line nor into a list of processes.
#[derive(Debug, clap::Args)]
pub struct CreateSuperAdmin {
    /// As for `serve`.
    #[command(flatten)]
    settings: Settings,
    /// E-mail address.
    #[arg(long)]
    email: String,
    /// Name.
    #[arg(long, default_value = NAME)]
    name: String,
    /// Make one also when there is one already.
    #[arg(long)]
    another: bool,
}

impl CreateSuperAdmin {
    /// Does it, and prints a JSON line: `outcome` is `created` (with `id`), `exists` or
    /// `address_taken`.
    ///
    /// # Errors
    /// No password that can be set, an address that is none, a database out of reach; nothing was
    /// made.
    pub async fn run(self) -> anyhow::Result<()> {
        let email = address(&self.email).map_err(|error| anyhow::anyhow!("--email {error}"))?;
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 255 || name.contains('\0') {
            bail!("--name must have 1 to 255 characters");
        }
        let password = typed()?;
        let process = Process::command(Auth::IDENTITY, &self.settings.server)?;
        let auth = Auth::open(&self.settings, &process).await?;
        let wish = Wish {
            name,
            email: &email,
            password: &password,
            another: self.another,
        };
        let made = super_admin(auth.app(), &wish).await?;
        let line = match made {
            Made::Account(id) => json!({ "outcome": "created", "id": id, "email": email }),
            Made::ThereIsOne => json!({ "outcome": "exists" }),
            Made::AddressTaken => json!({ "outcome": "address_taken" }),
        };
        writeln!(io::stdout(), "{line}")?;
        match made {
            Made::Account(_) => Ok(()),
            Made::ThereIsOne => bail!("there is a super admin already; --another makes one more"),
            Made::AddressTaken => bail!("{email} has an account already"),
        }
    }
}

fn typed() -> anyhow::Result<Password> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password on the standard input")?;
    let password = Password::new(SecretString::from(line.trim_end_matches(['\r', '\n'])));
    match password.check_new(&()) {
        Ok(()) => Ok(password),
        Err(error) => bail!("the password on the standard input {error}"),
    }
}
