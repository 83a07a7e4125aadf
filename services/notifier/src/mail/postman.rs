//! Claims what is due, sends it, notes how that ended. Any number of replicas may.

use std::{sync::Arc, time::Duration};

use desk_bus::failpoint;
use desk_telemetry::{Span, TraceContext};
use time::OffsetDateTime;
use tokio::{
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    compose::{Head, Mail},
    letter::Letter,
    settings::Mailing,
    transport::Failure,
};
use crate::{
    App,
    domain::{Addressee, Detail, Known, Question, Silence, addressee, thread, wait_after},
    store::{
        people::{self, Names},
        sending::{self, Claimed, End},
        tickets,
    },
};

/// The longest rest: another replica may have queued something.
const LONGEST_REST: Duration = Duration::from_secs(5);
/// How long a stopping process waits for what is being sent. What it gives up is sent again once
/// the lease is over.
const DRAIN: Duration = Duration::from_secs(10);
/// How soon somebody whom a late copy does not know is looked at again.
const LOOK_AGAIN: time::Duration = time::Duration::seconds(15);

/// Rung when something was queued. Clones are the same bell.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Something is due.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Sends what is due.
#[derive(Clone)]
pub(crate) struct Postman {
    app: App,
    mailing: Mailing,
}

/// A mail, or how it ended before it was one.
type Ready = Result<Mail, End>;

impl Postman {
    pub(crate) const fn new(app: App, mailing: Mailing) -> Self {
        Self { app, mailing }
    }

    /// Works until told to stop.
    pub(crate) fn start(self, stop: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(async move { self.run(&stop).await })
    }

    async fn run(self, stop: &CancellationToken) {
        let most = self.mailing.0.concurrency;
        let mut sending = JoinSet::new();
        while !stop.is_cancelled() {
            let free = most - sending.len();
            let claimed = self.claim(free).await;
            let found = !claimed.is_empty();
            for mail in claimed {
                let postman = self.clone();
                sending.spawn(async move { postman.deliver(mail).await });
            }
            if found && sending.len() < most {
                continue;
            }
            let has_room = sending.len() < most;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = sending.join_next() => {}
                () = self.rest(), if has_room => {}
            }
        }
        let drained = async { while sending.join_next().await.is_some() {} };
        if timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("mails were still being sent; they are sent again later");
        }
    }

    async fn claim(&self, free: usize) -> Vec<Claimed> {
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let (now, lease) = (self.app.clock.now(), self.lease());
        match sending::claim(&self.app.db, now, lease, limit).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "no mails can be claimed");
                Vec::new()
            }
        }
    }

    /// Long enough for a whole attempt with its look-ups.
    fn lease(&self) -> time::Duration {
        let timeout = self.mailing.0.timeout.as_secs();
        time::Duration::seconds(i64::try_from(timeout).unwrap_or(600) * 2 + 5)
    }

    /// Until something is queued or due.
    async fn rest(&self) {
        let due = sending::next_due(&self.app.db).await.ok().flatten();
        let wait = due.map_or(LONGEST_REST, |due| {
            let wait = (due - self.app.clock.now()).max(time::Duration::milliseconds(20));
            wait.unsigned_abs().min(LONGEST_REST)
        });
        tokio::select! {
            () = self.app.bell.0.notified() => {}
            () = sleep(wait) => {}
        }
    }

    /// One attempt. Where the database fails the lease stands, and the mail is due again after it.
    async fn deliver(self, mail: Claimed) {
        let mut span = Span::effect(TraceContext::of(mail.traceparent.as_deref()), "send mail");
        let context = span.context().clone();
        let lines = desk_telemetry::lines("mail", &context);
        let outcome = desk_telemetry::scope(context, self.tried(&mail).instrument(lines)).await;
        span.set("mail.kind", || mail.kind.as_str().into());
        span.set("mail.attempt", || i64::from(mail.attempts).into());
        span.set("mail.outcome", || outcome.into());
        if !matches!(outcome, "sent" | "dropped") {
            span.failed(|| outcome.to_owned());
        }
    }

    /// How it went, in a word; told in metrics and log.
    async fn tried(&self, mail: &Claimed) -> &'static str {
        match self.attempt(mail).await {
            Ok(end) => {
                let labels = [("kind", mail.kind.as_str()), ("outcome", end.state())];
                metrics::counter!("notifier_mails_total", &labels).increment(1);
                if matches!(end, End::Sent) {
                    let late = self.app.clock.now() - mail.occurred_at;
                    metrics::histogram!("notifier_mail_lateness_seconds")
                        .record(late.as_seconds_f64().max(0.0));
                }
                note(mail, &end);
                end.state()
            }
            Err(error) => {
                tracing::warn!(delivery = mail.id, error = format!("{error:#}"), "attempt");
                "broken off"
            }
        }
    }

    async fn attempt(&self, mail: &Claimed) -> anyhow::Result<End> {
        let end = match self.prepare(mail).await? {
            Ok(ready) => self.send(mail, &ready).await,
            Err(end) => end,
        };
        failpoint::pass("notifier", "mail-settle").await;
        sending::settle(&self.app.db, mail, &end, self.app.clock.now()).await?;
        Ok(end)
    }

    /// The mail as it is to be now, if anybody is still to be told.
    async fn prepare(&self, mail: &Claimed) -> anyhow::Result<Ready> {
        let now = self.app.clock.now();
        if mail.expires_at.is_some_and(|end| end <= now) {
            return Ok(Err(End::Dropped(Silence::Expired.as_str())));
        }
        if mail.attempts > self.mailing.0.attempts {
            return Ok(Err(End::Dead("every attempt was cut short".to_owned())));
        }
        let names = self.names(mail).await?;
        let known = self.known(mail, &names).await?;
        let to = match self.addressee(mail, &known) {
            Ok(to) => to,
            Err(Silence::NotYet) => {
                let why = Silence::NotYet.as_str().to_owned();
                return Ok(Err(End::Again(now + LOOK_AGAIN, why)));
            }
            Err(silence) => return Ok(Err(End::Dropped(silence.as_str()))),
        };
        let digest = thread::digest(&to.email);
        if !sending::address(&self.app.db, mail, &digest).await? {
            return Ok(Err(End::Dropped(Silence::SameAddress.as_str())));
        }
        let name = thread::name(mail.event_id, &digest);
        let ready = self.compose(mail, name, &to, &known, &names, now);
        Ok(ready.map_err(|error| End::Dead(format!("{error:#}"))))
    }

    async fn names(&self, mail: &Claimed) -> sqlx::Result<Names> {
        let Some(project_id) = mail.project_id else {
            return Ok(Names::default());
        };
        let assignee = match mail.detail.as_deref() {
            Some(Detail::Assigned { to }) => Some(*to),
            _ => None,
        };
        people::names(&self.app.db, mail.actor_id, assignee, project_id).await
    }

    async fn known(&self, mail: &Claimed, names: &Names) -> sqlx::Result<Known> {
        let (Some(ticket_id), Some(project_id)) = (mail.ticket_id, mail.project_id) else {
            return Ok(Known::default());
        };
        let db = &self.app.db;
        let email = mail.email.as_deref();
        Ok(Known {
            ticket: tickets::find(db, ticket_id).await?,
            person: people::find(db, mail.user_id, email, project_id, mail.kind).await?,
            actor_email: names.actor_email.clone(),
        })
    }

    fn addressee(&self, mail: &Claimed, known: &Known) -> Result<Addressee, Silence> {
        if mail.kind.is_account() {
            let email = mail.email.clone().ok_or(Silence::NotConcerned)?;
            let name = mail.name.clone();
            return Ok(Addressee { name, email });
        }
        let question = Question {
            kind: mail.kind,
            user_id: mail.user_id,
            email: mail.email.as_deref(),
            detail: mail.detail.as_deref(),
            occurred_at: mail.occurred_at,
            now: self.app.clock.now(),
        };
        addressee(question, known)
    }

    fn compose(
        &self,
        mail: &Claimed,
        name: String,
        to: &Addressee,
        known: &Known,
        names: &Names,
        at: OffsetDateTime,
    ) -> anyhow::Result<Mail> {
        let parts = &self.mailing.0;
        let ticket = known.ticket.as_ref();
        let letter = Letter::of(mail, to, ticket, names, parts.tickets.as_deref());
        let head = Head {
            name,
            from: &parts.from,
            to,
            at,
            thread: ticket.map(|ticket| (ticket.id, names.project_slug.as_deref())),
        };
        head.compose(parts.templates.render(&letter)?)
    }

    async fn send(&self, mail: &Claimed, ready: &Mail) -> End {
        let again = |why: String| {
            let attempts = u32::try_from(mail.attempts).unwrap_or(u32::MAX);
            End::Again(
                self.app.clock.now() + wait_after(attempts, rand::random()),
                why,
            )
        };
        let handed_over = self.mailing.0.transport.send(ready);
        match handed_over
            .instrument(desk_telemetry::step("mail transport"))
            .await
        {
            Ok(()) => End::Sent,
            Err(Failure::Passing(why)) if mail.attempts < self.mailing.0.attempts => again(why),
            Err(Failure::Passing(why) | Failure::Lasting(why)) => End::Dead(why),
        }
    }
}

/// One line for what a person may have to look into; never an address or a word of the mail.
fn note(mail: &Claimed, end: &End) {
    let (delivery, kind, attempt) = (mail.id, mail.kind.as_str(), mail.attempts);
    match end {
        End::Dead(_) => tracing::warn!(delivery, kind, attempt, "a mail is given up"),
        End::Again(..) => tracing::info!(delivery, kind, attempt, "a mail is tried again later"),
        End::Sent | End::Dropped(_) => {
            tracing::debug!(delivery, kind, attempt, end = end.state(), "mail");
        }
    }
}
