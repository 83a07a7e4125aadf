//! The services as the manifests have to know them: asked of the services' own code.

use clap::{Args as _, Command};
use desk_bus::program::Stored;
use desk_http::{database::MigrateSettings, program::Program};

/// A service.
pub struct Service {
    /// As its program, its Deployment and its Service are called.
    pub name: &'static str,
    /// Where it listens; health and metrics a thousand above.
    pub port: u16,
    /// What `serve` takes.
    pub serve: Command,
    /// What `migrate` takes; without a database there is nothing to migrate.
    pub migrate: Option<Command>,
}

/// All eight.
pub fn all() -> [Service; 8] {
    [
        door::<gateway::Gateway>(),
        door::<external_gateway::ExternalGateway>(),
        stored::<auth::Auth>(),
        stored::<project::Project>(),
        stored::<ticket::Ticket>(),
        stored::<reporting::Reporting>(),
        stored::<sla_worker::SlaWorker>(),
        stored::<notifier::Notifier>(),
    ]
}

/// The one of that name.
pub fn named(name: &str) -> Option<Service> {
    all().into_iter().find(|service| service.name == name)
}

fn door<P: Program>() -> Service {
    let name = P::IDENTITY.name;
    Service {
        name,
        port: P::IDENTITY.port,
        serve: P::Settings::augment_args(Command::new(name)),
        migrate: None,
    }
}

fn stored<P: Stored>() -> Service {
    Service {
        migrate: Some(MigrateSettings::augment_args(Command::new("migrate"))),
        ..door::<P>()
    }
}
