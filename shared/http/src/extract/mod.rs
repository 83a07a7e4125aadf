//! Extractors in the contract's order of checks: who is calling (401, 403), then the body and the
//! query (400, 415, 422). A handler lists them in that order.

mod body;
mod fields;
mod path;
mod query;
mod who;

pub use body::{JSON_LIMIT, Valid, is_encoded, read_json};
pub use fields::check;
pub use path::Path;
pub use query::Query;
pub use who::{
    Allowed, ClientAddress, Gatekeeper, KeyHolder, OptionalUser, ServiceCaller, SignedIn, Visitor,
    note_caller,
};
