//! Who is calling and what they may do: portal tokens, internal tokens, roles and the one
//! permission table, the services by name, and the clock that tokens and business time are read from.
//!
//! Outside, a portal client holds a JWT signed by auth ([`portal`]). Inside, the two gateways
//! swap it (or a project's key) for an [`internal`] token; services accept nothing else.

pub mod can;
mod clock;
pub mod internal;
mod keys;
pub mod portal;
pub mod service;

pub use can::{Capability, Capable, Grant};
pub use clock::Clock;
pub use desk_events::Role;
pub use internal::{Caller, Issuer, SessionId, TrustedSigners, Verifier};
pub use keys::{BadKey, PublicKey, SigningKey};
pub use portal::{PortalClaims, PortalKeys, PortalSigner};
pub use service::Service;
