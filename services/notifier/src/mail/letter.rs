//! What a mail says, as templates see it.

use desk_events::Metric;
use serde::Serialize;
use time::{
    OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description,
};

use crate::{
    domain::{Addressee, Detail, Kind, Ticket},
    store::{people::Names, sending::Claimed},
};

const MOMENT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// Everything that a template may use; what a kind does not have is none.
#[derive(Debug, Serialize)]
pub(super) struct Letter<'a> {
    pub(super) kind: Kind,
    /// The addressee's name.
    pub(super) name: Option<&'a str>,
    /// The name of whoever did it.
    pub(super) actor: Option<&'a str>,
    pub(super) ticket: Option<TicketPart<'a>>,
    /// The beginning of a message.
    pub(super) message: Option<&'a str>,
    /// Who was assigned.
    pub(super) assignment: Option<AssignmentPart<'a>>,
    pub(super) status: Option<StatusPart>,
    pub(super) deadlines: Vec<DeadlinePart>,
    pub(super) account: Option<AccountPart<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct TicketPart<'a> {
    pub(super) number: &'a str,
    pub(super) subject: &'a str,
    pub(super) project: Option<&'a str>,
    /// Where the portal shows it.
    pub(super) url: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AssignmentPart<'a> {
    /// The addressee is the one.
    pub(super) to_you: bool,
    /// The name of the one.
    pub(super) to: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct StatusPart {
    pub(super) from: Option<String>,
    pub(super) to: String,
}

#[derive(Debug, Serialize)]
pub(super) struct DeadlinePart {
    /// `first reply` or `resolution`.
    pub(super) what: &'static str,
    pub(super) due_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AccountPart<'a> {
    pub(super) link: &'a str,
    pub(super) expires_at: Option<String>,
}

impl<'a> Letter<'a> {
    /// What a delivery says to its addressee. `tickets` is what tickets' addresses begin with.
    pub(super) fn of(
        mail: &'a Claimed,
        addressee: &'a Addressee,
        ticket: Option<&'a Ticket>,
        names: &'a Names,
        tickets: Option<&str>,
    ) -> Self {
        let mut letter = Self {
            kind: mail.kind,
            name: addressee.name.as_deref(),
            actor: names.actor.as_deref(),
            ticket: ticket.map(|ticket| TicketPart {
                number: &ticket.number,
                subject: &ticket.subject,
                project: names.project.as_deref(),
                url: tickets.map(|tickets| format!("{tickets}/{}", ticket.id)),
            }),
            message: mail.excerpt.as_deref(),
            assignment: None,
            status: None,
            deadlines: Vec::new(),
            account: None,
        };
        letter.add(mail, names);
        letter
    }

    fn add(&mut self, mail: &'a Claimed, names: &'a Names) {
        match mail.detail.as_ref().map(|detail| &detail.0) {
            Some(Detail::Assigned { to }) => {
                self.assignment = Some(AssignmentPart {
                    to_you: mail.user_id == Some(*to),
                    to: names.assignee.as_deref(),
                });
            }
            Some(Detail::Status { from, to }) => {
                self.status = Some(StatusPart {
                    from: from.as_deref().map(words),
                    to: words(to),
                });
            }
            Some(Detail::Deadlines { due, .. }) => {
                self.deadlines = due
                    .iter()
                    .map(|deadline| DeadlinePart {
                        what: match deadline.metric {
                            Metric::FirstResponse => "first reply",
                            Metric::Resolution => "resolution",
                        },
                        due_at: deadline.due_at.and_then(moment),
                    })
                    .collect();
            }
            Some(Detail::Account { link }) => {
                self.account = Some(AccountPart {
                    link,
                    expires_at: mail.expires_at.and_then(moment),
                });
            }
            None => {}
        }
    }
}

fn words(status: &str) -> String {
    status.replace('_', " ")
}

fn moment(at: OffsetDateTime) -> Option<String> {
    at.to_offset(UtcOffset::UTC).format(MOMENT).ok()
}
