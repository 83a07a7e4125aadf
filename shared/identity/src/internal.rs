//! Internal tokens: what services accept from each other and from the gateways, for 60 seconds.
//!
//! Every signer has its own key, and a signer's name bounds whom it may speak for: the gateway
//! for portal users and anonymous visitors, the external gateway for API keys, every service for
//! itself. Minted tokens are cached per subject and audience, verified ones per token, so that no
//! request pays for a signature.

use std::{collections::HashMap, fmt, str::FromStr, sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{BadKey, PublicKey, Role, SigningKey};

/// How long a token is good for, in seconds.
const LIFETIME: i64 = 60;
/// A minted token is handed out again while at least this much of its life is left, in seconds.
const REUSE: i64 = LIFETIME / 2;
/// Bound of each cache, in tokens.
const CACHED: u64 = 50_000;

/// A portal session's id.
pub type SessionId = i64;

/// Who is calling, as a gateway or a service vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A portal user in a session.
    User {
        /// User id.
        id: i64,
        /// Role.
        role: Role,
        /// Session.
        session: SessionId,
    },
    /// An external project's API key.
    Key {
        /// Key id.
        id: i64,
        /// The key's project.
        project_id: i64,
    },
    /// A visitor without a token, let in by the gateway.
    Anonymous,
    /// Another service, for itself.
    Service(String),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<i64>,
}

impl Claims {
    fn new(iss: &str, aud: &str, caller: &Caller, exp: i64) -> Self {
        let (sub, role, sid, project) = match caller {
            Caller::User { id, role, session } => {
                (format!("user:{id}"), Some(*role), Some(*session), None)
            }
            Caller::Key { id, project_id } => (format!("key:{id}"), None, None, Some(*project_id)),
            Caller::Anonymous => ("anonymous".to_owned(), None, None, None),
            Caller::Service(name) => (format!("service:{name}"), None, None, None),
        };
        Self {
            iss: iss.to_owned(),
            aud: aud.to_owned(),
            sub,
            exp,
            role,
            sid,
            project,
        }
    }

    /// The caller, if this signer may speak for it.
    fn caller(&self) -> Option<Caller> {
        let (kind, rest) = self.sub.split_once(':').unwrap_or((self.sub.as_str(), ""));
        match (kind, self.iss.as_str()) {
            ("user", "gateway") => Some(Caller::User {
                id: rest.parse().ok()?,
                role: self.role?,
                session: self.sid?,
            }),
            ("anonymous", "gateway") => Some(Caller::Anonymous),
            ("key", "external-gateway") => Some(Caller::Key {
                id: rest.parse().ok()?,
                project_id: self.project?,
            }),
            ("service", issuer) if issuer == rest => Some(Caller::Service(rest.to_owned())),
            _ => None,
        }
    }
}

/// Mints internal tokens in one signer's name.
#[derive(Clone)]
pub struct Issuer {
    name: Arc<str>,
    key: EncodingKey,
    minted: Cache<(Caller, &'static str), (Arc<str>, i64)>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.name)
    }
}

impl Issuer {
    /// An issuer named like its process (`gateway`, `ticket`, …).
    pub fn new(name: &str, key: &SigningKey) -> Self {
        let minted = Cache::builder()
            .max_capacity(CACHED)
            .time_to_live(Duration::from_secs(LIFETIME.unsigned_abs()))
            .build();
        Self {
            name: name.into(),
            key: key.encoding(),
            minted,
        }
    }

    /// A token for the caller, good at `audience` (a service's name).
    ///
    /// # Errors
    /// When signing fails, which a checked key does not.
    pub fn token(
        &self,
        caller: &Caller,
        audience: &'static str,
        now: OffsetDateTime,
    ) -> Result<Arc<str>, jsonwebtoken::errors::Error> {
        let slot = (caller.clone(), audience);
        let now = now.unix_timestamp();
        let is_fresh = |exp: i64| (REUSE..=LIFETIME).contains(&(exp - now));
        if let Some((token, _)) = self.minted.get(&slot).filter(|(_, exp)| is_fresh(*exp)) {
            return Ok(token);
        }
        let exp = now + LIFETIME;
        let claims = Claims::new(&self.name, audience, caller, exp);
        let token: Arc<str> =
            jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.key)?.into();
        self.minted.insert(slot, (Arc::clone(&token), exp));
        Ok(token)
    }

    /// A token in this process's own name.
    ///
    /// # Errors
    /// As [`Issuer::token`].
    pub fn own_token(
        &self,
        audience: &'static str,
        now: OffsetDateTime,
    ) -> Result<Arc<str>, jsonwebtoken::errors::Error> {
        self.token(&Caller::Service(self.name.to_string()), audience, now)
    }
}

/// The signers a service trusts, from `name:public,name:public`. A name may be there with several
/// keys: so a key is changed while the old one still signs.
#[derive(Debug, Clone, Default)]
pub struct TrustedSigners(HashMap<String, Vec<PublicKey>>);

impl FromStr for TrustedSigners {
    type Err = BadKey;

    fn from_str(setting: &str) -> Result<Self, Self::Err> {
        let mut signers: HashMap<String, Vec<PublicKey>> = HashMap::new();
        let parts = setting.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, key) = part.split_once(':').ok_or(BadKey)?;
            let keys = signers.entry(name.to_owned()).or_default();
            keys.push(PublicKey::from_setting(key)?);
        }
        Ok(Self(signers))
    }
}

/// Checks internal tokens addressed to one service.
#[derive(Clone)]
pub struct Verifier {
    audience: &'static str,
    signers: Arc<HashMap<String, Vec<DecodingKey>>>,
    verified: Cache<String, (Caller, i64)>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({})", self.audience)
    }
}

impl Verifier {
    /// A verifier for tokens addressed to `audience`, the service's own name.
    ///
    /// # Errors
    /// [`BadKey`] when a signer's key is none.
    pub fn new(audience: &'static str, trusted: &TrustedSigners) -> Result<Self, BadKey> {
        let signers = trusted
            .0
            .iter()
            .map(|(name, keys)| {
                let keys = keys.iter().map(PublicKey::decoding);
                Ok((name.clone(), keys.collect::<Result<_, _>>()?))
            })
            .collect::<Result<_, BadKey>>()?;
        let verified = Cache::builder()
            .max_capacity(CACHED)
            .time_to_live(Duration::from_secs(LIFETIME.unsigned_abs()))
            .build();
        Ok(Self {
            audience,
            signers: Arc::new(signers),
            verified,
        })
    }

    /// Who is calling; `None` for anything but a live token for this service, signed by a
    /// trusted signer that may speak for the caller.
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Option<Caller> {
        let now = now.unix_timestamp();
        if let Some((caller, exp)) = self.verified.get(token) {
            return (exp > now).then_some(caller);
        }
        let claims = self.check(token)?;
        let caller = claims.caller().filter(|_| claims.exp > now)?;
        self.verified
            .insert(token.to_owned(), (caller.clone(), claims.exp));
        Some(caller)
    }

    fn check(&self, token: &str) -> Option<Claims> {
        // The issuer is read unverified only to pick the keys of which one then has to verify.
        let issuer = jsonwebtoken::dangerous::insecure_decode::<Claims>(token)
            .ok()?
            .claims
            .iss;
        let keys = self.signers.get(&issuer)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_audience(&[self.audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "sub", "aud", "iss"]);
        let read = |key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok();
        keys.iter().find_map(read).map(|data| data.claims)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    struct Ring {
        issuers: HashMap<&'static str, Issuer>,
        trusted: TrustedSigners,
    }

    fn ring() -> Ring {
        let mut issuers = HashMap::new();
        let mut trusted = Vec::new();
        for name in ["gateway", "external-gateway", "ticket"] {
            let key = SigningKey::generate().unwrap();
            trusted.push(format!("{name}:{}", key.public_setting()));
            issuers.insert(name, Issuer::new(name, &key));
        }
        Ring {
            issuers,
            trusted: trusted.join(",").parse().unwrap(),
        }
    }

    fn user() -> Caller {
        Caller::User {
            id: 5,
            role: Role::Agent,
            session: 9,
        }
    }

    #[test]
    fn a_signer_speaks_only_for_its_own() {
        let ring = ring();
        let verifier = Verifier::new("project", &ring.trusted).unwrap();
        let key = Caller::Key {
            id: 3,
            project_id: 1,
        };
        let ticket = Caller::Service("ticket".into());
        for (issuer, caller, accepted) in [
            ("gateway", user(), true),
            ("gateway", Caller::Anonymous, true),
            ("gateway", key.clone(), false),
            ("gateway", ticket.clone(), false),
            ("external-gateway", key, true),
            ("external-gateway", user(), false),
            ("ticket", ticket, true),
            ("ticket", user(), false),
        ] {
            let token = ring.issuers[issuer].token(&caller, "project", NOW).unwrap();
            let seen = verifier.verify(&token, NOW);
            assert_eq!(
                seen,
                accepted.then(|| caller.clone()),
                "{issuer} for {caller:?}"
            );
        }
    }

    #[test]
    fn a_token_is_for_one_service_and_one_minute() {
        let ring = ring();
        let token = ring.issuers["gateway"]
            .token(&user(), "ticket", NOW)
            .unwrap();
        let ticket = Verifier::new("ticket", &ring.trusted).unwrap();
        let auth = Verifier::new("auth", &ring.trusted).unwrap();
        assert_eq!(auth.verify(&token, NOW), None);
        for _cold_then_cached in 0..2 {
            assert!(
                ticket
                    .verify(&token, NOW + Duration::from_secs(59))
                    .is_some()
            );
            assert_eq!(ticket.verify(&token, NOW + Duration::from_mins(1)), None);
        }
    }

    #[test]
    fn a_minted_token_is_used_again_for_half_of_its_life() {
        let ring = ring();
        let at = |seconds| NOW + Duration::from_secs(seconds);
        let issuer = &ring.issuers["gateway"];
        let token = issuer.token(&user(), "ticket", NOW).unwrap();
        assert_eq!(issuer.token(&user(), "ticket", at(30)).unwrap(), token);
        assert_ne!(issuer.token(&user(), "ticket", at(31)).unwrap(), token);
    }

    #[test]
    fn a_signers_key_can_be_changed_while_both_count() {
        let (old, new) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let both = format!(
            "ticket:{}, ticket:{}",
            old.public_setting(),
            new.public_setting()
        );
        let only_new = format!("ticket:{}", new.public_setting());
        let caller = Caller::Service("ticket".into());
        for (trusted, old_counts) in [(both, true), (only_new, false)] {
            let verifier = Verifier::new("project", &trusted.parse().unwrap()).unwrap();
            for (key, counts) in [(&old, old_counts), (&new, true)] {
                let token = Issuer::new("ticket", key)
                    .own_token("project", NOW)
                    .unwrap();
                let seen = verifier.verify(&token, NOW);
                assert_eq!(seen, counts.then(|| caller.clone()), "{trusted}");
            }
        }
    }

    #[test]
    fn an_unknown_signer_is_refused() {
        let stranger = Issuer::new("gateway", &SigningKey::generate().unwrap());
        let verifier = Verifier::new("ticket", &ring().trusted).unwrap();
        let token = stranger.token(&user(), "ticket", NOW).unwrap();
        assert_eq!(verifier.verify(&token, NOW), None);
        assert_eq!(verifier.verify("not.a.token", NOW), None);
    }

    proptest! {
        #[test]
        fn no_caller_comes_by_a_forged_token(text in any::<String>(), place: prop::sample::Index, with in "[A-Za-z0-9_.-]") {
            let ring = ring();
            let verifier = Verifier::new("ticket", &ring.trusted).unwrap();
            prop_assert_eq!(verifier.verify(&text, NOW), None);
            let token = ring.issuers["gateway"].token(&user(), "ticket", NOW).unwrap();
            let place = place.index(token.len());
            let mut forged = token.to_string();
            forged.replace_range(place..=place, &with);
            let is_last = place + 1 == token.len();
            prop_assert!(forged == *token || is_last || verifier.verify(&forged, NOW).is_none());
        }

        #[test]
        fn whoever_is_vouched_for_is_who_is_let_in(id in 1..i64::MAX, session in 1..i64::MAX, role in prop::sample::select(&Role::ALL)) {
            let ring = ring();
            let verifier = Verifier::new("ticket", &ring.trusted).unwrap();
            let caller = Caller::User { id, role, session };
            let token = ring.issuers["gateway"].token(&caller, "ticket", NOW).unwrap();
            prop_assert_eq!(verifier.verify(&token, NOW), Some(caller));
        }
    }
}
