//! How a mail program puts mails about one ticket together, and knows a mail that came twice.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An address, so that it can be compared without being kept.
pub(crate) fn digest(address: &str) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(address.to_lowercase()).into();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

/// The mail's name: the same whenever the same event is told to the same address. Without the
/// angle brackets, and without the domain.
pub(crate) fn name(event_id: Uuid, address: &[u8; 16]) -> String {
    format!(
        "{}.{}",
        event_id.simple(),
        Uuid::from_bytes(*address).simple()
    )
}

/// `Message-ID` of a mail.
pub(crate) fn message_id(name: &str, domain: &str) -> String {
    format!("<{name}@{domain}>")
}

/// What all mails about a ticket answer to. No mail has this id; mail programs do not mind.
pub(crate) fn root_id(ticket_id: i64, domain: &str) -> String {
    format!("<ticket-{ticket_id}@{domain}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_and_an_address_make_a_name() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let ada = digest("ada@example.com");
        assert_eq!(ada, digest("Ada@Example.com"));
        assert_eq!(name(one, &ada), name(one, &ada));
        assert_ne!(name(one, &ada), name(other, &ada));
        assert_ne!(name(one, &ada), name(one, &digest("bob@example.com")));
        assert!(!name(one, &ada).contains("ada"));
    }

    #[test]
    fn a_ticket_has_one_thread() {
        assert_eq!(root_id(7, "desk.test"), "<ticket-7@desk.test>");
        assert_eq!(message_id("a.b", "desk.test"), "<a.b@desk.test>");
    }
}
