//! Which SMTP server, from a URL.

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::Url;

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// From the first byte.
    Tls,
    /// After STARTTLS; a server that does not offer it gets no mail.
    StartTls,
    /// Not at all.
    None,
}

/// An SMTP server and how to talk to it.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) credentials: Option<Credentials>,
}

impl Server {
    /// None for what is no such URL, and for a password that would go unencrypted.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let tls: Vec<_> = url.query_pairs().collect();
        let encryption = match (url.scheme(), tls.as_slice()) {
            ("smtps", []) => Encryption::Tls,
            ("smtp", []) => Encryption::StartTls,
            ("smtp", [(name, word)]) if name == "tls" && word == "none" => Encryption::None,
            _ => return None,
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(credentials(user, password)?),
        };
        if credentials.is_some() && encryption == Encryption::None {
            return None;
        }
        let port = match encryption {
            Encryption::Tls => 465,
            Encryption::StartTls | Encryption::None => 587,
        };
        Some(Self {
            host: url.host_str().filter(|host| !host.is_empty())?.to_owned(),
            port: url.port().unwrap_or(port),
            encryption,
            credentials,
        })
    }
}

/// None where half of the pair is missing, or is no text.
fn credentials(user: &str, password: Option<&str>) -> Option<Credentials> {
    let password = password.filter(|_| !user.is_empty())?;
    let plain = |text| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    Some(Credentials::new(plain(user)?, plain(password)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_names_server_and_encryption() {
        use Encryption::{None, StartTls, Tls};
        for (url, host, port, encryption, signed_in) in [
            ("smtps://mail.test", "mail.test", 465, Tls, false),
            ("smtp://mail.test", "mail.test", 587, StartTls, false),
            ("smtp://mail.test:25?tls=none", "mail.test", 25, None, false),
            ("smtps://me:p%40ss@mail.test:1", "mail.test", 1, Tls, true),
        ] {
            let server = Server::parse(url).unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port), "{url}");
            assert_eq!(server.encryption, encryption, "{url}");
            assert_eq!(server.credentials.is_some(), signed_in, "{url}");
        }
        let server = Server::parse("smtp://me:p%40ss@mail.test").unwrap();
        let credentials = Credentials::new("me".to_owned(), "p@ss".to_owned());
        assert_eq!(server.credentials, Some(credentials));
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for url in [
            "",
            "mail.test",
            "http://mail.test",
            "smtp://",
            "smtp://mail.test?tls=maybe",
            "smtp://me@mail.test",
            "smtp://me:secret@mail.test?tls=none",
        ] {
            assert!(Server::parse(url).is_none(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_password_goes_unencrypted(text in any::<String>(), nearly in "smtps?://([a-z]{0,3}(:[a-z%]{0,4})?@)?[a-z.]{0,8}(:[0-9]{0,6})?([?]tls=none)?") {
            for url in [text, nearly] {
                if let Some(server) = Server::parse(&url) {
                    prop_assert!(!server.host.is_empty());
                    prop_assert!(server.credentials.is_none() || server.encryption != Encryption::None);
                }
            }
        }
    }
}
