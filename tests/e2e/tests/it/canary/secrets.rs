//! What was planted, and how it is found again: as it is, or as a log, a dump or a header would
//! write it.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

use super::places::Place;

/// How much of a secret tells it apart: whoever cuts a log line short has not kept it secret.
const TELLING: usize = 20;

/// A text that nothing else contains.
pub fn fresh() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let random: String = xtask::secrets::random();
    let random: String = random.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("Cnry{count:03}{}", &random[..24])
}

/// The same as a number.
pub fn fresh_number() -> u64 {
    let random = xtask::secrets::random();
    random
        .bytes()
        .take(18)
        .fold(1, |number, byte| number * 10 + u64::from(byte % 10))
}

struct Secret {
    what: String,
    /// The only place where it may stand.
    home: Option<&'static str>,
    writings: Vec<String>,
}

/// All that was planted.
#[derive(Default)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// A new secret.
    pub fn plant(&mut self, what: &str) -> String {
        let text = fresh();
        self.add(what, &text);
        text
    }

    /// A new secret, of digits alone.
    pub fn plant_number(&mut self, what: &str) -> u64 {
        let number = fresh_number();
        self.add(what, &number.to_string());
        number
    }

    /// A secret that somebody else made.
    pub fn add(&mut self, what: &str, text: &str) {
        self.at_home(what, text, None);
    }

    /// A secret that may stand in one place.
    pub fn at_home(&mut self, what: &str, text: &str, home: Option<&'static str>) {
        // What tells a token apart is its signature; its claims are no secret.
        let telling = text
            .rsplit_once('.')
            .map_or(text, |(_, signature)| signature);
        assert!(telling.len() >= 12, "{what}: too short to be told apart");
        let telling = telling.get(..TELLING).unwrap_or(telling);
        self.0.push(Secret {
            what: what.to_owned(),
            home,
            writings: writings(telling),
        });
    }

    /// Where a secret stands that should not, and tokens that nobody planted.
    pub fn leaks(&self, places: &[Place]) -> Vec<String> {
        let mut leaks = Vec::new();
        for place in places {
            let text = &place.text;
            for secret in &self.0 {
                if secret.home == Some(place.name.as_str()) {
                    continue;
                }
                let mut found = secret
                    .writings
                    .iter()
                    .filter_map(|writing| text.find(writing));
                if let Some(at) = found.next() {
                    leaks.push(format!(
                        "{} in {}: {}",
                        secret.what,
                        place.name,
                        around(text, at)
                    ));
                }
            }
            if let Some(at) = token(text) {
                leaks.push(format!(
                    "some token in {}: {}",
                    place.name,
                    around(text, at)
                ));
            }
        }
        leaks
    }
}

/// As it is, in hex, as a list of bytes, and in base64 wherever it begins in what was encoded.
fn writings(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let mut writings = vec![text.to_owned(), hex(bytes), list.join(", ")];
    for before in 0..3 {
        // Groups of three bytes that are the text's alone.
        let begin = (3 - before) % 3;
        let whole = (bytes.len() - begin) / 3 * 3;
        let encoded = base64(&bytes[begin..begin + whole]);
        writings.push(encoded.replace('+', "-").replace('/', "_"));
        writings.push(encoded);
    }
    writings
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Of whole groups of three bytes.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(LETTERS[bits as usize & 63]);
    let groups = bytes.chunks_exact(3).map(|group| {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| letter(bits >> shift))
    });
    groups.flatten().collect()
}

/// Where something stands that looks like a whole token.
fn token(text: &str) -> Option<usize> {
    let part = |text: &str| {
        text.bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
            .count()
    };
    text.match_indices("eyJ").map(|(at, _)| at).find(|at| {
        let rest = &text[*at..];
        let head = part(rest);
        let Some(rest) = rest[head..].strip_prefix(".eyJ") else {
            return false;
        };
        let claims = part(rest);
        rest[claims..]
            .strip_prefix('.')
            .is_some_and(|signature| part(signature) >= TELLING)
    })
}

fn around(text: &str, at: usize) -> String {
    let (mut begin, mut end) = (at.saturating_sub(120), (at + 80).min(text.len()));
    while !text.is_char_boundary(begin) {
        begin -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    text[begin..end].replace('\n', " ⏎ ")
}

#[test]
fn a_secret_is_found_in_whatever_writing() {
    let mut secrets = Secrets::default();
    let secret = secrets.plant("a password");
    let token = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXRoYXQtbm9ib2R5LXBsYW50ZWQ";
    assert_eq!(
        (hex(b"Man").as_str(), base64(b"Man").as_str()),
        ("4d616e", "TWFu")
    );
    let padded = |by: &str| {
        let text = format!("{by}{secret}--");
        base64(&text.as_bytes()[..text.len() / 3 * 3])
    };
    for text in [
        format!("login with {secret}."),
        format!("cut short: {}", &secret[..TELLING + 2]),
        format!("\\x00{}", hex(secret.as_bytes())),
        format!("{:?}", secret.as_bytes()),
        padded("a:"),
        padded("u:p"),
        padded("user"),
        format!("Bearer {token}"),
    ] {
        let place = |text: String| {
            [Place {
                name: "a log".into(),
                text,
            }]
        };
        assert_eq!(secrets.leaks(&place(text.clone())).len(), 1, "{text}");
    }
    let elsewhere = Place {
        name: "a log".into(),
        text: format!("{} {}", fresh(), &token[..40]),
    };
    assert_eq!(secrets.leaks(&[elsewhere]), [""; 0]);
}
