//! Signing in, staying in, signing out, and one's own account.

pub mod forgot_password;
pub mod login;
pub mod logout;
pub mod logout_all;
pub mod me;
pub mod profile;
pub mod refresh;
pub mod register;
pub mod reset_password;
mod signed_in;
pub mod verify_email;

use desk_http::Error;

/// One answer for every token that is not good: unknown, another purpose's or account's, used,
/// expired, or of an account that is not there any more.
fn spent() -> Error {
    Error::field("token", "The token is not valid, or not any more.")
}
