//! The image and the stack in containers, without a Docker engine:
//!
//! - [`files`]: what the image is built from, read off `Dockerfile` and `.dockerignore`;
//! - [`with_checkers`]: `docker-compose.yml` as the real parser reads it, judged by linters, compared
//!   with the services' settings, and started process by process.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod files;
mod with_checkers;
