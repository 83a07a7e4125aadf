//! The program of all eight services. It is the service by whose name it is called
//! (`/usr/local/bin/ticket`, a link to it), or that its first word names (`supportdesk ticket`).
//!
//! Each service stays a process of its own, with its own settings, database and rights; what they
//! share is the file, whose pages a machine that runs several holds once. Each brings a runtime of its
//! own, so that its code is compiled with its crate: a future that was polled here would be compiled
//! here, and so would all that it awaits.

use std::{env, ffi::OsString, path::Path, process::ExitCode};

use desk_identity::Service;

fn main() -> anyhow::Result<ExitCode> {
    let Some((service, words)) = called(env::args_os().collect()) else {
        let names = Service::ALL.map(Service::name).join(" | ");
        eprintln!(
            "usage: supportdesk <{names}> [COMMAND]\n\n`supportdesk ticket help` tells ticket's commands."
        );
        return Ok(ExitCode::from(2));
    };
    match service {
        Service::Gateway => gateway::run(words)?,
        Service::ExternalGateway => external_gateway::run(words)?,
        Service::Auth => auth::run(words)?,
        Service::Project => project::run(words)?,
        Service::Ticket => ticket::run(words)?,
        Service::Reporting => reporting::run(words)?,
        Service::SlaWorker => sla_worker::run(words)?,
        Service::Notifier => notifier::run(words)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Which service is meant, and its own command line: its name first.
fn called(mut words: Vec<OsString>) -> Option<(Service, Vec<OsString>)> {
    let named = |word: &OsString| Service::named(Path::new(word).file_name()?.to_str()?);
    if let Some(service) = words.first().and_then(named) {
        return Some((service, words));
    }
    let service = Service::named(words.get(1)?.to_str()?)?;
    words.remove(0);
    Some((service, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_meant_by_the_programs_name_or_the_first_word() {
        for (line, meant) in [
            ("/usr/local/bin/ticket", Some((Service::Ticket, 1))),
            ("ticket serve", Some((Service::Ticket, 2))),
            (
                "./sla-worker verify --repair",
                Some((Service::SlaWorker, 3)),
            ),
            ("supportdesk auth", Some((Service::Auth, 1))),
            (
                "/usr/local/bin/supportdesk auth migrate",
                Some((Service::Auth, 2)),
            ),
            ("auth ticket", Some((Service::Auth, 2))),
            ("supportdesk", None),
            ("supportdesk serve", None),
            ("supportdesk /bin/auth", None),
        ] {
            let called = called(line.split(' ').map(OsString::from).collect());
            let told = called.map(|(service, words)| (service, words.len()));
            assert_eq!(told, meant, "{line}");
        }
    }
}
