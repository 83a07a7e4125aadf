//! Portal tokens: EdDSA JWTs signed by auth, verified by the gateway (and by auth itself for
//! refresh and logout). Keys carry a `kid` and rotate: the first signs, all verify.

use std::{collections::HashMap, str::FromStr};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{BadKey, PublicKey, Role, SigningKey};

/// The audience of portal tokens; an internal token is never taken for one.
const AUDIENCE: &str = "supportdesk";

/// What a portal token says. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalClaims {
    /// User id, in decimal.
    pub sub: String,
    /// Role when it was issued; another role raises the generation.
    pub role: Role,
    /// This token's id.
    pub jti: String,
    /// The session's id.
    pub sid: i64,
    /// When the session started.
    pub sat: i64,
    /// The user's token generation when it was issued.
    #[serde(rename = "gen")]
    pub generation: i64,
    /// Issued at.
    pub iat: i64,
    /// Expires at.
    pub exp: i64,
    /// Always [`AUDIENCE`].
    aud: String,
}

impl PortalClaims {
    /// Claims for a session's next token.
    pub fn new(
        session: &PortalSession,
        jti: String,
        now: OffsetDateTime,
        ttl: time::Duration,
    ) -> Self {
        Self {
            sub: session.user_id.to_string(),
            role: session.role,
            jti,
            sid: session.id,
            sat: session.started_at.unix_timestamp(),
            generation: session.generation,
            iat: now.unix_timestamp(),
            exp: (now + ttl).unix_timestamp(),
            aud: AUDIENCE.to_owned(),
        }
    }

    /// The user id, if `sub` is one.
    pub fn user_id(&self) -> Option<i64> {
        self.sub.parse().ok()
    }

    /// Whether the token's own time is over.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.exp <= now.unix_timestamp()
    }
}

/// The session a token belongs to.
#[derive(Debug, Clone)]
pub struct PortalSession {
    /// Session id.
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// The user's role now.
    pub role: Role,
    /// The user's token generation now.
    pub generation: i64,
    /// When it started.
    pub started_at: OffsetDateTime,
}

/// Why a portal token is refused; one answer for all: 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Signed by a key that is not known (yet): worth another look at the JWKS.
    #[error("unknown key")]
    UnknownKey,
    /// Not a token of ours: shape, algorithm, signature or claims.
    #[error("invalid token")]
    Invalid,
}

/// Auth's signing keys, from `kid:seed[,kid:seed]`.
#[derive(Clone)]
pub struct PortalSigner {
    kid: String,
    encoding: EncodingKey,
    public: Vec<(String, PublicKey)>,
}

impl FromStr for PortalSigner {
    type Err = BadKey;

    fn from_str(setting: &str) -> Result<Self, Self::Err> {
        let keys = setting
            .split(',')
            .map(|part| {
                let (kid, seed) = part.trim().split_once(':').ok_or(BadKey)?;
                Ok((kid.to_owned(), SigningKey::from_setting(seed)?))
            })
            .collect::<Result<Vec<_>, BadKey>>()?;
        let (kid, first) = keys.first().ok_or(BadKey)?;
        Ok(Self {
            kid: kid.clone(),
            encoding: first.encoding(),
            public: keys
                .iter()
                .map(|(kid, key)| (kid.clone(), key.public().clone()))
                .collect(),
        })
    }
}

impl PortalSigner {
    /// Signs claims with the first key.
    ///
    /// # Errors
    /// When the claims cannot be written as JSON, which these can.
    pub fn sign(&self, claims: &PortalClaims) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }

    /// The public keys as a JWKS (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> Jwks {
        let keys = self
            .public
            .iter()
            .map(|(kid, key)| Jwk {
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                alg: "EdDSA".to_owned(),
                usage: "sig".to_owned(),
                kid: kid.clone(),
                x: key.to_setting(),
            })
            .collect();
        Jwks { keys }
    }
}

/// A set of public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// One Ed25519 public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Key id.
    pub kid: String,
    /// The key, base64url.
    pub x: String,
}

/// The keys that portal tokens are checked against.
#[derive(Clone, Default)]
pub struct PortalKeys {
    keys: HashMap<String, DecodingKey>,
}

impl PortalKeys {
    /// From a JWKS; keys of other kinds are passed over.
    pub fn from_jwks(jwks: &Jwks) -> Self {
        let keys = jwks
            .keys
            .iter()
            .filter(|key| key.kty == "OKP" && key.crv == "Ed25519")
            .filter_map(|key| {
                let decoding = PublicKey::from_setting(&key.x).ok()?.decoding().ok()?;
                Some((key.kid.clone(), decoding))
            })
            .collect();
        Self { keys }
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks shape, algorithm, key, signature and audience; **not** the expiry, which refresh
    /// and logout read differently: see [`PortalClaims::is_expired`].
    ///
    /// # Errors
    /// See [`BadToken`].
    pub fn verify(&self, token: &str) -> Result<PortalClaims, BadToken> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken::Invalid)?;
        if header.alg != Algorithm::EdDSA {
            return Err(BadToken::Invalid);
        }
        let kid = header.kid.ok_or(BadToken::Invalid)?;
        let key = self.keys.get(&kid).ok_or(BadToken::UnknownKey)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "sub", "aud"]);
        jsonwebtoken::decode::<PortalClaims>(token, key, &validation)
            .map(|data| data.claims)
            .map_err(|_| BadToken::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn signer(kid: &str) -> PortalSigner {
        format!("{kid}:{}", SigningKey::generate().unwrap().to_setting())
            .parse()
            .unwrap()
    }

    fn claims() -> PortalClaims {
        let now = datetime!(2024-04-21 09:00 UTC);
        let session = PortalSession {
            id: 4,
            user_id: 7,
            role: Role::Agent,
            generation: 2,
            started_at: now,
        };
        PortalClaims::new(&session, "token-1".into(), now, time::Duration::minutes(60))
    }

    #[test]
    fn a_signed_token_is_read_back() {
        let signer = signer("k1");
        let token = signer.sign(&claims()).unwrap();
        let keys = PortalKeys::from_jwks(&signer.jwks());
        let read = keys.verify(&token).unwrap();
        assert_eq!(read, claims());
        assert!(!read.is_expired(datetime!(2024-04-21 09:59:59 UTC)));
        assert!(read.is_expired(datetime!(2024-04-21 10:00 UTC)));
    }

    #[test]
    fn a_rotated_key_still_verifies() {
        let old = SigningKey::generate().unwrap().to_setting();
        let new = SigningKey::generate().unwrap().to_setting();
        let before: PortalSigner = format!("k1:{old}").parse().unwrap();
        let after: PortalSigner = format!("k2:{new},k1:{old}").parse().unwrap();
        let keys = PortalKeys::from_jwks(&after.jwks());
        for signer in [&before, &after] {
            assert!(keys.verify(&signer.sign(&claims()).unwrap()).is_ok());
        }
    }

    #[test]
    fn forged_tokens_are_refused() {
        let signer = signer("k1");
        let keys = PortalKeys::from_jwks(&signer.jwks());
        let token = signer.sign(&claims()).unwrap();
        let (head, signature) = token.rsplit_once('.').unwrap();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        let tampered = format!("{head}.{flipped}{}", &signature[1..]);
        let alg_none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiazEifQ.e30.";
        let same_kid = {
            let other: PortalSigner =
                format!("k1:{}", SigningKey::generate().unwrap().to_setting())
                    .parse()
                    .unwrap();
            other.sign(&claims()).unwrap()
        };
        for bad in [tampered.as_str(), alg_none, same_kid.as_str(), "", "a.b.c"] {
            assert_eq!(keys.verify(bad), Err(BadToken::Invalid), "{bad}");
        }
    }

    #[test]
    fn an_unknown_kid_asks_for_a_fresh_look() {
        let keys = PortalKeys::from_jwks(&signer("k1").jwks());
        let token = signer("k9").sign(&claims()).unwrap();
        assert_eq!(keys.verify(&token), Err(BadToken::UnknownKey));
    }

    proptest! {
        #[test]
        fn no_token_but_ours_is_taken(text in any::<String>(), place: prop::sample::Index, with in "[A-Za-z0-9_.-]") {
            let signer = signer("k1");
            let keys = PortalKeys::from_jwks(&signer.jwks());
            prop_assert!(keys.verify(&text).is_err());
            let token = signer.sign(&claims()).unwrap();
            let place = place.index(token.len());
            let mut forged = token.clone();
            forged.replace_range(place..=place, &with);
            // The last character of a signature has bits that say nothing.
            let is_last = place + 1 == token.len();
            prop_assert!(forged == token || is_last || keys.verify(&forged).is_err());
        }

        #[test]
        fn no_setting_is_too_odd(text in any::<String>(), nearly in "[a-z0-9]{0,3}:?[A-Za-z0-9_-]{42,44},?") {
            for setting in [text, nearly] {
                let _ = setting.parse::<PortalSigner>();
                let _ = setting.parse::<crate::TrustedSigners>();
            }
        }
    }
}
