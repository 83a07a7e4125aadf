//! The key pair of a request.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

/// The key's header.
pub const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The secret's header.
pub const API_SECRET: HeaderName = HeaderName::from_static("x-api-secret");

/// The longest value that could be ours, in bytes, generously.
const LONGEST: usize = 128;
/// What stands for a missing or impossible value: of the usual length, known to nobody.
const NO_KEY: &str = "sk_00000000000000000000000000000000";
const NO_SECRET: &str = "ss_0000000000000000000000000000000000000000000000000000000000000000";

/// What a caller shows. Never printed.
#[derive(Clone, Serialize)]
pub struct Credentials {
    /// The key.
    pub api_key: String,
    /// The secret.
    pub api_secret: String,
}

impl Credentials {
    /// Reads the headers. Whatever is missing or cannot be a key is replaced by a pair that is
    /// refused like any other, so that it takes the same way and the same time.
    pub fn read(headers: &HeaderMap) -> Self {
        let value = |name| {
            let mut values = headers.get_all(name).iter();
            let first = values.next().and_then(shown)?;
            values.next().is_none().then_some(first)
        };
        match (value(API_KEY), value(API_SECRET)) {
            (Some(api_key), Some(api_secret)) => Self {
                api_key,
                api_secret,
            },
            _ => Self {
                api_key: NO_KEY.to_owned(),
                api_secret: NO_SECRET.to_owned(),
            },
        }
    }
}

fn shown(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?.trim();
    (1..=LONGEST).contains(&text.len()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_a_pair_is_like_a_wrong_one() {
        let long = "x".repeat(129);
        for (pairs, key) in [
            (
                vec![("x-api-key", "sk_1"), ("x-api-secret", "ss_1")],
                "sk_1",
            ),
            (
                vec![("x-api-key", " sk_1 "), ("x-api-secret", "ss_1")],
                "sk_1",
            ),
            (vec![], NO_KEY),
            (vec![("x-api-key", "sk_1")], NO_KEY),
            (vec![("x-api-secret", "ss_1")], NO_KEY),
            (vec![("x-api-key", ""), ("x-api-secret", "ss_1")], NO_KEY),
            (
                vec![("x-api-key", "sk_\u{e9}"), ("x-api-secret", "ss_1")],
                NO_KEY,
            ),
            (
                vec![("x-api-key", long.as_str()), ("x-api-secret", "ss_1")],
                NO_KEY,
            ),
            (
                vec![
                    ("x-api-key", "sk_1"),
                    ("x-api-key", "sk_2"),
                    ("x-api-secret", "ss_1"),
                ],
                NO_KEY,
            ),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &pairs {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                headers.append(HeaderName::from_static(name), value);
            }
            assert_eq!(Credentials::read(&headers).api_key, key, "{pairs:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_shown_is_a_pair(keys in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..140), 0..3), secret in "[!-~]{0,140}") {
            let mut headers = HeaderMap::new();
            for key in &keys {
                if let Ok(value) = HeaderValue::from_bytes(key) {
                    headers.append(API_KEY, value);
                }
            }
            headers.append(API_SECRET, HeaderValue::from_str(&secret).unwrap());
            let pair = Credentials::read(&headers);
            prop_assert!((1..=LONGEST).contains(&pair.api_key.len()));
            // A half of a pair never goes with half of the stand-in.
            prop_assert_eq!(pair.api_key == NO_KEY, pair.api_secret == NO_SECRET);
        }
    }
}
