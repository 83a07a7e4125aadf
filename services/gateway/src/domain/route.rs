//! Which path belongs to which service, and through which door it goes.

use std::borrow::Cow;

use desk_http::edge::is_plain_path;

/// What every routed path but the key set starts with; services never see it.
pub const PREFIX: &str = "/api";
/// Auth's public keys, also for strangers.
pub const JWKS: &str = "/.well-known/jwks.json";

/// A service that answers outside requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Users and sessions.
    Auth,
    /// Projects, agents, keys.
    Project,
    /// Tickets and their configuration.
    Ticket,
    /// Reports.
    Reporting,
    /// Notification preferences.
    Notifier,
    /// What external projects call.
    ExternalGateway,
}

impl Service {
    /// Those that document endpoints of their own; the external gateway's are ticket's.
    pub const DOCUMENTED: [Self; 5] = [
        Self::Auth,
        Self::Project,
        Self::Ticket,
        Self::Reporting,
        Self::Notifier,
    ];

    /// Its name, as in tokens, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Project => "project",
            Self::Ticket => "ticket",
            Self::Reporting => "reporting",
            Self::Notifier => "notifier",
            Self::ExternalGateway => "external-gateway",
        }
    }
}

/// How a request gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Anybody.
    Public,
    /// Whoever has a portal token that auth itself judges, expired or not.
    TokenPassing,
    /// Whoever has a live portal token.
    Portal,
    /// Whoever has an API key, which the external gateway checks.
    Key,
}

/// Where a path goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// To whom.
    pub service: Service,
    /// How.
    pub door: Door,
    /// The prefix by which it was found, for metrics.
    pub prefix: &'static str,
}

/// Path prefixes, each for itself and all below it.
const SERVICES: [(&str, Service); 18] = [
    ("/auth", Service::Auth),
    ("/admin/users", Service::Auth),
    ("/admin/audit", Service::Auth),
    ("/projects", Service::Project),
    ("/admin/projects", Service::Project),
    ("/tickets", Service::Ticket),
    ("/admin/tickets", Service::Ticket),
    ("/categories", Service::Ticket),
    ("/tags", Service::Ticket),
    ("/sla", Service::Ticket),
    ("/admin/sla", Service::Ticket),
    ("/admin/calendars", Service::Ticket),
    ("/canned-responses", Service::Ticket),
    ("/attachments", Service::Ticket),
    ("/reports", Service::Reporting),
    ("/admin/reports", Service::Reporting),
    ("/notifications", Service::Notifier),
    ("/external", Service::ExternalGateway),
];

/// Paths that need no live portal token; every other one does.
const DOORS: [(&str, Door); 7] = [
    ("/auth/login", Door::Public),
    ("/auth/register", Door::Public),
    ("/auth/forgot-password", Door::Public),
    ("/auth/reset-password", Door::Public),
    ("/auth/refresh", Door::TokenPassing),
    ("/auth/logout", Door::TokenPassing),
    ("/auth/logout-all", Door::TokenPassing),
];

impl Route {
    /// What metrics and traces call it: one name for each prefix.
    pub fn template(&self) -> Cow<'static, str> {
        if self.prefix == JWKS {
            JWKS.into()
        } else {
            format!("{PREFIX}{}/{{*path}}", self.prefix).into()
        }
    }
}

/// Where a request's path goes; `None` is a 404. What a second reading could turn into another
/// path (dot segments, encoded separators) goes nowhere, and `/internal` is in no table.
pub fn route(path: &str) -> Option<Route> {
    if path == JWKS {
        return Some(Route {
            service: Service::Auth,
            door: Door::Public,
            prefix: JWKS,
        });
    }
    let rest = path.strip_prefix(PREFIX).filter(|_| is_plain_path(path))?;
    let (prefix, service) = SERVICES
        .into_iter()
        .find(|(prefix, _)| is_under(rest, prefix))?;
    Some(Route {
        service,
        door: door(rest, service),
        prefix,
    })
}

fn door(path: &str, service: Service) -> Door {
    let named = DOORS
        .into_iter()
        .find(|(exact, _)| path == *exact)
        .map(|(_, door)| door);
    match (named, service) {
        (Some(door), _) => door,
        (None, Service::ExternalGateway) => Door::Key,
        (None, _) => Door::Portal,
    }
}

fn is_under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_path_has_its_service_and_door() {
        use Door::{Key, Portal, Public, TokenPassing};
        use Service::{Auth, ExternalGateway, Notifier, Project, Reporting, Ticket};
        for (path, service, door) in [
            ("/.well-known/jwks.json", Auth, Public),
            ("/api/auth/login", Auth, Public),
            ("/api/auth/register", Auth, Public),
            ("/api/auth/forgot-password", Auth, Public),
            ("/api/auth/reset-password", Auth, Public),
            ("/api/auth/refresh", Auth, TokenPassing),
            ("/api/auth/logout", Auth, TokenPassing),
            ("/api/auth/logout-all", Auth, TokenPassing),
            ("/api/auth/me", Auth, Portal),
            ("/api/auth/verify-email", Auth, Portal),
            ("/api/auth/login/", Auth, Portal),
            ("/api/admin/users", Auth, Portal),
            ("/api/admin/users/5/erase", Auth, Portal),
            ("/api/admin/audit", Auth, Portal),
            ("/api/projects", Project, Portal),
            ("/api/projects/1/agents", Project, Portal),
            ("/api/admin/projects/1/api-keys/2", Project, Portal),
            ("/api/tickets", Ticket, Portal),
            ("/api/tickets/42/messages", Ticket, Portal),
            ("/api/admin/tickets/42/restore", Ticket, Portal),
            ("/api/categories/1", Ticket, Portal),
            ("/api/tags", Ticket, Portal),
            ("/api/sla", Ticket, Portal),
            ("/api/admin/sla/3", Ticket, Portal),
            ("/api/admin/calendars", Ticket, Portal),
            ("/api/canned-responses/1/render", Ticket, Portal),
            ("/api/attachments/9", Ticket, Portal),
            ("/api/reports/overview", Reporting, Portal),
            ("/api/admin/reports/rebuild", Reporting, Portal),
            ("/api/notifications/preferences", Notifier, Portal),
            ("/api/external/ping", ExternalGateway, Key),
            (
                "/api/external/tickets/NAIJ-2024-00001",
                ExternalGateway,
                Key,
            ),
        ] {
            let found = route(path).unwrap();
            assert_eq!((found.service, found.door), (service, door), "{path}");
            assert!(path.contains(found.prefix), "{path}");
        }
    }

    #[test]
    fn what_is_in_no_table_goes_nowhere() {
        for path in [
            "/",
            "/api",
            "/api/",
            "/api/nowhere",
            "/api/ticketsx",
            "/api/admin",
            "/api/Tickets",
            "/tickets",
            "/internal/revocations",
            "/api/internal/revocations",
            "/api/%69nternal/revocations",
            "/api/tickets/../internal/users",
            "/api/tickets/%2e%2e/internal/users",
            "/api/tickets/%2E%2E%2finternal",
            "/api/tickets/..%2finternal",
            "/api/tickets//internal",
            "/api//internal/users",
            "//internal/users",
            "/api/tickets/%252e%252e/internal",
            "/api/tickets/..\\internal",
            "/api/./internal",
            "/apix/tickets",
            "/.well-known/jwks.json/",
        ] {
            assert_eq!(route(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leads_inside(path in "(/|api|internal|tickets|auth|external|%2[ef]|%69|%25|\\.|\\\\|[a-z0-9-]){0,12}") {
            if let Some(found) = route(&path) {
                let prefix = SERVICES.iter().any(|(prefix, _)| *prefix == found.prefix);
                prop_assert!(prefix || path == JWKS);
                prop_assert!(!path.starts_with("/api/internal") && is_plain_path(&path));
            }
        }
    }
}
