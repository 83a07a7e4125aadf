//! Ed25519 keys as settings hold them: base64url of the 32-byte seed or public key.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};

/// The fixed head of a PKCS #8 v1 document that holds an Ed25519 seed (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A key setting that is no key. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64url of a 32-byte Ed25519 key")]
pub struct BadKey;

/// A private key. Neither printed nor compared.
#[derive(Clone)]
pub struct SigningKey {
    seed: [u8; 32],
    public: PublicKey,
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl SigningKey {
    /// A fresh key from the system's random source.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate() -> Result<Self, BadKey> {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| BadKey)?;
        Self::from_seed(seed)
    }

    /// Reads a setting: base64url of the seed.
    ///
    /// # Errors
    /// [`BadKey`] when it is not one.
    pub fn from_setting(setting: &str) -> Result<Self, BadKey> {
        Self::from_seed(decode(setting)?)
    }

    fn from_seed(seed: [u8; 32]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| BadKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| BadKey)?;
        Ok(Self {
            seed,
            public: PublicKey(public),
        })
    }

    /// The setting that holds this key: a secret.
    pub fn to_setting(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.seed)
    }

    /// The public half as a setting.
    pub fn public_setting(&self) -> String {
        self.public.to_setting()
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(crate) fn encoding(&self) -> EncodingKey {
        EncodingKey::from_ed_der(&[&PKCS8_HEAD[..], &self.seed].concat())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.to_setting())
    }
}

impl PublicKey {
    /// Reads a setting or a JWK's `x`.
    ///
    /// # Errors
    /// [`BadKey`] when it is not one.
    pub fn from_setting(setting: &str) -> Result<Self, BadKey> {
        decode(setting).map(Self)
    }

    /// As a setting, and as a JWK's `x`.
    pub fn to_setting(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn decoding(&self) -> Result<DecodingKey, BadKey> {
        DecodingKey::from_ed_components(&self.to_setting()).map_err(|_| BadKey)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_setting())
    }
}

fn decode(setting: &str) -> Result<[u8; 32], BadKey> {
    URL_SAFE_NO_PAD
        .decode(setting.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_setting_and_is_not_printed() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_setting(&key.to_setting()).unwrap();
        assert_eq!(key.public(), again.public());
        assert!(!format!("{key:?}").contains(&key.to_setting()));
        assert!(SigningKey::from_setting("short").is_err());
    }
}
