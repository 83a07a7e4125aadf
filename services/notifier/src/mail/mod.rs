//! How a delivery becomes a mail, and how a mail gets out.
//!
//! - [`settings`]: where to, from whom, how patiently;
//! - `letter`: what a mail says, for the templates;
//! - `templates`: the words, compiled in, or an operator's own;
//! - `compose`: headers and parts;
//! - `transport`: a folder, or an SMTP server;
//! - `postman`: claims what is due, sends it, notes how that ended.

mod compose;
mod letter;
mod postman;
pub mod settings;
pub(crate) mod sweep;
mod templates;
mod transport;

pub use postman::Bell;
pub use settings::{MailSettings, Mailing};

pub(crate) use postman::Postman;
