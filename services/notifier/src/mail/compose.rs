//! A mail with its headers and parts.

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use time::OffsetDateTime;

use super::templates::Rendered;
use crate::domain::{Addressee, thread};

/// A mail, ready to be sent.
#[derive(Debug)]
pub(crate) struct Mail {
    /// The same whenever the same event is told to the same address.
    pub(crate) name: String,
    /// From whom, to whom.
    pub(crate) envelope: Envelope,
    /// The whole mail.
    pub(crate) bytes: Vec<u8>,
}

/// What a mail's headers are made of.
pub(super) struct Head<'a> {
    pub(super) name: String,
    pub(super) from: &'a Mailbox,
    pub(super) to: &'a Addressee,
    pub(super) at: OffsetDateTime,
    /// The ticket, and its project's word.
    pub(super) thread: Option<(i64, Option<&'a str>)>,
}

impl Head<'_> {
    /// Puts headers and parts together.
    ///
    /// # Errors
    /// An address that is none.
    pub(super) fn compose(self, words: Rendered) -> anyhow::Result<Mail> {
        let domain = self.from.email.domain();
        let to: Address = self.to.email.parse()?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(self.to.name.clone(), to))
            .date(self.at.into())
            .message_id(Some(thread::message_id(&self.name, domain)))
            .subject(words.subject);
        if let Some((ticket, _)) = self.thread {
            let root = thread::root_id(ticket, domain);
            builder = builder.in_reply_to(root.clone()).references(root);
        }
        let parts = MultiPart::alternative_plain_html(words.text, words.html);
        let mut message = builder.multipart(parts)?;
        for (name, value) in self.automatic(domain) {
            let name = HeaderName::new_from_ascii_str(name);
            message
                .headers_mut()
                .insert_raw(HeaderValue::new(name, value));
        }
        Ok(Mail {
            name: self.name,
            envelope: message.envelope().clone(),
            bytes: message.formatted(),
        })
    }

    /// No machine shall answer (RFC 3834), and mail programs sort by list (RFC 2919).
    fn automatic(&self, domain: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "All".to_owned()),
        ];
        if let Some((_, project)) = self.thread {
            let list = project.unwrap_or("tickets");
            headers.push(("List-Id", format!("<{list}.{domain}>")));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn composed(to: &str, thread: Option<(i64, Option<&str>)>) -> anyhow::Result<String> {
        let addressee = Addressee {
            name: Some("Ada Öbi".to_owned()),
            email: to.to_owned(),
        };
        let head = Head {
            name: "event.address".to_owned(),
            from: &"Desk <support@desk.test>".parse()?,
            to: &addressee,
            at: datetime!(2026-03-02 09:00 UTC),
            thread,
        };
        let mail = head.compose(Rendered {
            subject: "Drücker".to_owned(),
            text: "text".to_owned(),
            html: "<p>page</p>".to_owned(),
        })?;
        assert_eq!(mail.envelope.to().len(), 1);
        Ok(String::from_utf8(mail.bytes)?)
    }

    #[test]
    fn a_tickets_mails_are_one_thread() {
        let mail = composed("ada@example.com", Some((7, Some("naijahomes")))).unwrap();
        for line in [
            "Message-ID: <event.address@desk.test>\r\n",
            "In-Reply-To: <ticket-7@desk.test>\r\n",
            "References: <ticket-7@desk.test>\r\n",
            "List-Id: <naijahomes.desk.test>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
        ] {
            assert!(mail.contains(line), "{line}{mail}");
        }
        assert!(mail.is_ascii());
    }

    #[test]
    fn an_accounts_mail_is_of_no_thread() {
        let mail = composed("ada@example.com", None).unwrap();
        for header in ["In-Reply-To", "References", "List-Id"] {
            assert!(!mail.contains(header), "{header}");
        }
    }

    #[test]
    fn an_address_cannot_bring_headers_along() {
        for address in ["ada", "ada@example.com\r\nBcc: b@example.com", "", "a b@c"] {
            assert!(composed(address, None).is_err(), "{address:?}");
        }
    }
}
