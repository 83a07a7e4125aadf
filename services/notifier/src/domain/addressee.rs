//! Whether somebody is still to be told when a mail is about to go out. Between the event and
//! this moment an agent may have left, a ticket may have been deleted, a mind may have changed.

use std::fmt;

use desk_events::Role;
use time::{Duration, OffsetDateTime};

use super::{Detail, Kind, Ticket};

/// A copy that does not know somebody yet may be late by this much.
const LATE_COPY: Duration = Duration::minutes(1);

/// Whom a mail goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// Name, where there is one.
    pub(crate) name: Option<String>,
    /// Address.
    pub(crate) email: String,
}

/// Why nobody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The ticket is deleted.
    NoTicket,
    /// The person is disabled, deleted, or has no place in the project any more.
    OutOfScope,
    /// Neither assignee nor watcher any more, or not the ticket's customer.
    NotConcerned,
    /// The deadline has moved, or its clock has stopped.
    Stale,
    /// It is what the person did.
    Actor,
    /// The person does not want it by mail.
    Muted,
    /// A mail of the same event goes to the same address.
    SameAddress,
    /// It is too late to be of use.
    Expired,
    /// Not known here yet; to be looked at again.
    NotYet,
}

impl Silence {
    /// The word that is stored and counted.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoTicket => "no_ticket",
            Self::OutOfScope => "out_of_scope",
            Self::NotConcerned => "not_concerned",
            Self::Stale => "stale",
            Self::Actor => "actor",
            Self::Muted => "muted",
            Self::SameAddress => "same_address",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is asked: who was to be told of what, and when it happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// What is told.
    pub(crate) kind: Kind,
    /// A portal user, by id; else a customer by address.
    pub(crate) user_id: Option<i64>,
    /// The customer's address.
    pub(crate) email: Option<&'a str>,
    /// Which deadlines.
    pub(crate) detail: Option<&'a Detail>,
    /// When it happened.
    pub(crate) occurred_at: OffsetDateTime,
    /// Now.
    pub(crate) now: OffsetDateTime,
}

/// A portal account as it is known here.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// User id.
    pub(crate) id: i64,
    /// Name.
    pub(crate) name: String,
    /// Address.
    pub(crate) email: String,
    /// Role.
    pub(crate) role: Role,
    /// Neither disabled nor deleted.
    pub(crate) is_live: bool,
    /// The address is proved to be the account's.
    pub(crate) is_verified: bool,
    /// Has a place in the ticket's project; none where that is not known.
    pub(crate) is_member: Option<bool>,
    /// Does not want this kind by mail.
    pub(crate) is_muted: bool,
}

/// What is known now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The ticket.
    pub(crate) ticket: Option<Ticket>,
    /// The account of whoever is to be told, by id or by address.
    pub(crate) person: Option<Person>,
    /// The address of whoever did it.
    pub(crate) actor_email: Option<String>,
}

/// Whom the mail goes to, if to anybody.
pub(crate) fn addressee(question: Question<'_>, known: &Known) -> Result<Addressee, Silence> {
    let ticket = known.ticket.as_ref().filter(|ticket| !ticket.deleted);
    let ticket = ticket.ok_or(Silence::NoTicket)?;
    if question.kind == Kind::DueSoon && is_stale(ticket, question.detail) {
        return Err(Silence::Stale);
    }
    let addressee = match (question.user_id, question.email) {
        (Some(user_id), _) => user(question, user_id, ticket, known)?,
        (None, Some(email)) => customer(email, ticket, known)?,
        (None, None) => return Err(Silence::NotConcerned),
    };
    if known.actor_email.as_deref() == Some(addressee.email.as_str()) {
        return Err(Silence::Actor);
    }
    Ok(addressee)
}

fn is_stale(ticket: &Ticket, detail: Option<&Detail>) -> bool {
    let Some(Detail::Deadlines { due, generation }) = detail else {
        return true;
    };
    !due.iter()
        .any(|deadline| ticket.awaits(deadline.metric, *generation))
}

fn user(
    question: Question<'_>,
    user_id: i64,
    ticket: &Ticket,
    known: &Known,
) -> Result<Addressee, Silence> {
    if !ticket.concerns(user_id) {
        return Err(Silence::NotConcerned);
    }
    let may_be_late = question.now - question.occurred_at < LATE_COPY;
    let unknown = if may_be_late {
        Silence::NotYet
    } else {
        Silence::OutOfScope
    };
    let person = known.person.as_ref().ok_or(unknown)?;
    if !person.is_live {
        return Err(Silence::OutOfScope);
    }
    match in_scope(question.kind, person, ticket) {
        Some(true) => {}
        Some(false) => return Err(Silence::OutOfScope),
        None => return Err(unknown),
    }
    if person.is_muted {
        return Err(Silence::Muted);
    }
    Ok(Addressee {
        name: Some(person.name.clone()),
        email: person.email.clone(),
    })
}

/// What the portal would show the person (contract, Tickets); none while it is not known.
fn in_scope(kind: Kind, person: &Person, ticket: &Ticket) -> Option<bool> {
    let filed_it = ticket.creator_id == Some(person.id);
    match person.role {
        Role::SuperAdmin | Role::Admin => Some(true),
        Role::Agent if filed_it => Some(true),
        Role::Agent => person.is_member,
        Role::Customer => {
            let by_address = person.is_verified && person.email == ticket.customer_email;
            Some(kind.is_for_customers() && (filed_it || by_address))
        }
    }
}

/// An account of the address has a say only once the address is proved to be its own, or a
/// stranger's registration would silence the customer.
fn customer(email: &str, ticket: &Ticket, known: &Known) -> Result<Addressee, Silence> {
    if ticket.customer_email != email {
        return Err(Silence::NotConcerned);
    }
    if let Some(account) = known.person.as_ref().filter(|person| person.is_verified) {
        if !account.is_live {
            return Err(Silence::OutOfScope);
        }
        if account.is_muted {
            return Err(Silence::Muted);
        }
    }
    Ok(Addressee {
        name: Some(ticket.customer_name.clone()).filter(|name| !name.is_empty()),
        email: email.to_owned(),
    })
}

#[cfg(test)]
mod tests;
