//! `If-Match`: a write that is meant for one version of a ticket, and no other.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header::IF_MATCH, request::Parts},
};
use desk_http::{Error, Result};

/// The versions a write is meant for; without the header the last write wins.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Refuses a stale write.
    ///
    /// # Errors
    /// 409 when the ticket has another version by now.
    pub fn check(&self, version: i64) -> Result<()> {
        let version = version.to_string();
        let meant = self.0.as_deref().is_none_or(|header| {
            header
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == version)
        });
        if meant {
            Ok(())
        } else {
            Err(Error::Conflict("The ticket was changed meanwhile."))
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(IF_MATCH);
        Ok(Self(header.map(|value| {
            value.to_str().unwrap_or_default().to_owned()
        })))
    }
}

/// A version as an `ETag`.
pub fn etag(version: i64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{version}\"")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_current_version_matches() {
        for (header, matches) in [
            (None, true),
            (Some("\"7\""), true),
            (Some("7"), true),
            (Some("W/\"7\""), true),
            (Some("\"6\", \"7\""), true),
            (Some("*"), true),
            (Some("\"6\""), false),
            (Some("\"70\""), false),
            (Some(""), false),
        ] {
            let precondition = IfMatch(header.map(str::to_owned));
            assert_eq!(precondition.check(7).is_ok(), matches, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn a_version_matches_its_own_etag_alone(version in 1..i64::MAX, other in 1..i64::MAX, text in any::<String>()) {
            let tag = etag(version).unwrap().to_str().unwrap().to_owned();
            let precondition = IfMatch(Some(format!("\"{other}x\", {tag}")));
            prop_assert!(precondition.check(version).is_ok());
            prop_assert_eq!(precondition.check(other).is_ok(), other == version);
            let _ = IfMatch(Some(text)).check(version);
        }
    }
}
