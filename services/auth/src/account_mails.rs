//! Hands mails about accounts to the notifier.
//!
//! A request only notes the address. Who it belongs to, whether it may have another mail and the
//! token itself are this module's business afterwards, so that no answer tells by its time whether
//! an account exists, and no token is stored on its way.

use std::{sync::Arc, time::Duration};

use desk_http::client::Peer;
use serde::Serialize;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use desk_http::Timestamp;

use crate::{
    app::App,
    domain::{OneTimeToken, Purpose},
    store::account_mails::{self, Addressee, Mail},
};

/// How many are taken at a time.
const BATCH: i64 = 20;
/// How long until somebody looks who was not woken: another replica's, or what comes again.
const LOOK: Duration = Duration::from_secs(5);

/// Wakes whoever hands mails over. Clones wake the same one.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// A mail was asked for, and committed.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Where mails go, and what their links begin with.
#[derive(Debug, Clone)]
pub struct Post {
    /// The notifier.
    pub notifier: Peer,
    /// The portal's public address.
    pub public_url: String,
}

/// What the notifier is asked to mail.
#[derive(Serialize)]
struct AccountMail<'a> {
    id: Uuid,
    kind: &'static str,
    to: To<'a>,
    link: String,
    expires_at: Timestamp,
}

#[derive(Serialize)]
struct To<'a> {
    name: &'a str,
    email: &'a str,
}

/// Hands mails over until told to stop. Any number of replicas share the work.
pub fn start(app: App, post: Post, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            match once(&app, &post).await {
                Ok(taken) if taken == BATCH => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "account mails"),
            }
            let rest = tokio::time::timeout(LOOK, app.bell.0.notified());
            stop.run_until_cancelled(rest).await;
        }
    })
}

/// Tries what is due; answers how many that was.
///
/// # Errors
/// The database's. What the notifier does not take comes again.
pub async fn once(app: &App, post: &Post) -> anyhow::Result<i64> {
    let mails = account_mails::claim(&app.db, BATCH, app.clock.now()).await?;
    for mail in &mails {
        let Some(purpose) = current(app, mail) else {
            account_mails::done(&app.db, mail.id).await?;
            count("late");
            continue;
        };
        match hand_over(app, post, mail, purpose).await {
            Ok(outcome) => {
                account_mails::done(&app.db, mail.id).await?;
                count(outcome);
            }
            Err(error) => tracing::warn!(mail_id = %mail.id, %error, "account mail put off"),
        }
    }
    Ok(i64::try_from(mails.len())?)
}

/// What a mail is for, unless its time is over.
fn current(app: &App, mail: &Mail) -> Option<Purpose> {
    let purpose = mail.purpose()?;
    (mail.requested_at + purpose.lifetime() > app.clock.now()).then_some(purpose)
}

async fn hand_over(
    app: &App,
    post: &Post,
    mail: &Mail,
    purpose: Purpose,
) -> anyhow::Result<&'static str> {
    let now = app.clock.now();
    let token = OneTimeToken::generate()?;
    let most = app.limits.account_mails_per_hour;
    let issued = account_mails::issue(&app.db, mail, purpose, &token, most, now).await?;
    let Some(Addressee { name, email, .. }) = &issued else {
        return Ok("withheld");
    };
    let body = AccountMail {
        id: mail.id,
        kind: purpose.as_str(),
        to: To { name, email },
        link: purpose.link(&post.public_url, &token),
        expires_at: Timestamp(now + purpose.lifetime()),
    };
    post.notifier
        .post::<_, serde::de::IgnoredAny>("/internal/account-mails", &body)
        .await
        .map_err(|error| anyhow::anyhow!("{error}"))?
        .map(|_| "handed_over")
        .ok_or_else(|| anyhow::anyhow!("the notifier takes no account mails"))
}

fn count(outcome: &'static str) {
    metrics::counter!("account_mails_total", "outcome" => outcome).increment(1);
}
