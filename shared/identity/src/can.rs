//! The permission table (reference, “Roles & Permissions”): 19 capabilities by 4 roles, written
//! once, read by the extractors and by the tests.

use desk_events::Role;

/// What a role may do with a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Everywhere.
    Yes,
    /// Within the caller's scope: assigned projects, or own tickets.
    Scoped,
    /// Nowhere: 403 before the body is read.
    No,
}

/// A type that stands for a capability in a handler's signature.
pub trait Capable: Send + Sync + 'static {
    /// The row of the table.
    const CAPABILITY: Capability;
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident $word:literal = $super_admin:ident $admin:ident $agent:ident $customer:ident,)*) => {
        /// A row of the reference's table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Capability { $($(#[$doc])* $name,)* }

        impl Capability {
            /// Every row, in the reference's order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word used in the OpenAPI document's `x-capability`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What the role may do.
            pub const fn grant(self, role: Role) -> Grant {
                let row = match self {
                    $(Self::$name => [Grant::$super_admin, Grant::$admin, Grant::$agent, Grant::$customer],)*
                };
                match role {
                    Role::SuperAdmin => row[0],
                    Role::Admin => row[1],
                    Role::Agent => row[2],
                    Role::Customer => row[3],
                }
            }
        }

        $($(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Capable for $name { const CAPABILITY: Capability = Capability::$name; })*
    };
}

capabilities! {
    /// Create tickets.
    CreateTickets "create_tickets" = Yes Yes Yes Yes,
    /// View own tickets.
    ViewOwnTickets "view_own_tickets" = Yes Yes Yes Yes,
    /// View all tickets (agents: of their projects).
    ViewAllTickets "view_all_tickets" = Yes Yes Scoped No,
    /// Reply to tickets.
    ReplyToTickets "reply_to_tickets" = Yes Yes Yes Yes,
    /// Add internal notes.
    AddInternalNotes "add_internal_notes" = Yes Yes Yes No,
    /// Change the status.
    ChangeStatus "change_status" = Yes Yes Yes No,
    /// Assign tickets.
    AssignTickets "assign_tickets" = Yes Yes Yes No,
    /// Change the priority.
    ChangePriority "change_priority" = Yes Yes Yes No,
    /// Delete tickets.
    DeleteTickets "delete_tickets" = Yes Yes No No,
    /// Rate resolved tickets (customers: their own).
    RateResolvedTickets "rate_resolved_tickets" = Yes Yes No Scoped,
    /// Create projects.
    CreateProjects "create_projects" = Yes Yes No No,
    /// Manage projects.
    ManageProjects "manage_projects" = Yes Yes No No,
    /// Generate API keys.
    GenerateApiKeys "generate_api_keys" = Yes Yes No No,
    /// Manage users.
    ManageUsers "manage_users" = Yes Yes No No,
    /// Create agents and admins.
    CreateStaff "create_staff" = Yes Yes No No,
    /// View reports (agents: of their projects).
    ViewReports "view_reports" = Yes Yes Scoped No,
    /// Manage SLA policies.
    ManageSlaPolicies "manage_sla_policies" = Yes Yes No No,
    /// Manage categories.
    ManageCategories "manage_categories" = Yes Yes No No,
    /// Canned responses.
    CannedResponses "canned_responses" = Yes Yes Yes No,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference's last table, typed off row by row: `y` yes, `s` limited, `n` no, in the
    /// order `super_admin`, admin, agent, customer.
    const REFERENCE: &[(&str, &str)] = &[
        ("create_tickets", "yyyy"),
        ("view_own_tickets", "yyyy"),
        ("view_all_tickets", "yysn"),
        ("reply_to_tickets", "yyyy"),
        ("add_internal_notes", "yyyn"),
        ("change_status", "yyyn"),
        ("assign_tickets", "yyyn"),
        ("change_priority", "yyyn"),
        ("delete_tickets", "yynn"),
        ("rate_resolved_tickets", "yyns"),
        ("create_projects", "yynn"),
        ("manage_projects", "yynn"),
        ("generate_api_keys", "yynn"),
        ("manage_users", "yynn"),
        ("create_staff", "yynn"),
        ("view_reports", "yysn"),
        ("manage_sla_policies", "yynn"),
        ("manage_categories", "yynn"),
        ("canned_responses", "yyyn"),
    ];

    #[test]
    fn the_table_is_the_references() {
        let table: Vec<(&str, String)> = Capability::ALL
            .iter()
            .map(|capability| {
                let row = Role::ALL
                    .iter()
                    .map(|role| match capability.grant(*role) {
                        Grant::Yes => 'y',
                        Grant::Scoped => 's',
                        Grant::No => 'n',
                    })
                    .collect();
                (capability.as_str(), row)
            })
            .collect();
        let reference: Vec<(&str, String)> = REFERENCE
            .iter()
            .map(|(name, row)| (*name, (*row).to_owned()))
            .collect();
        assert_eq!(table, reference);
    }
}
