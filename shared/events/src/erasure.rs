//! What stands in place of an erased person's name, address and words, wherever they stood.

/// In place of a name.
pub const ERASED_NAME: &str = "Erased person";

/// In place of what somebody wrote.
pub const ERASED_WORDS: &str = "Erased";

/// Domain of the addresses that stand in place of others; nobody else can have one (RFC 2606).
pub const ERASED_DOMAIN: &str = "erased.invalid";

/// In place of an account's address.
pub fn erased_user(id: i64) -> String {
    format!("erased-{id}@{ERASED_DOMAIN}")
}

/// In place of a requester's address.
pub fn erased_requester(id: i64) -> String {
    format!("erased-r{id}@{ERASED_DOMAIN}")
}

/// Whether an address stands in place of an erased one.
pub fn is_erased(email: &str) -> bool {
    let domain = email.rsplit_once('@').map(|(_, domain)| domain);
    domain.is_some_and(|domain| domain.eq_ignore_ascii_case(ERASED_DOMAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erased_addresses_are_known_by_their_domain() {
        for (address, erased) in [
            (erased_user(7).as_str(), true),
            (erased_requester(7).as_str(), true),
            ("X@ERASED.invalid", true),
            ("erased.invalid@desk.test", false),
            ("x@not-erased.invalid", false),
            ("", false),
        ] {
            assert_eq!(is_erased(address), erased, "{address}");
        }
    }
}
