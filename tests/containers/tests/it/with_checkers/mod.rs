//! The stack of `docker-compose.yml`: [`model`] is what the real parser makes of it.

mod jail;
mod journeys;
mod lint;
mod model;
mod processes;
mod rights;
mod running;
mod settings;
mod shape;
