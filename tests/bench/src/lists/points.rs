//! What is asked: every filter, every order, depth, search, detail, by each role.

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Sees all.
    Admin,
    /// Sees five projects.
    Agent,
    /// Sees what was filed for one address.
    Customer,
}

impl Who {
    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Customer => "customer",
        }
    }
}

/// One thing to ask.
#[derive(Debug, Clone)]
pub struct Point {
    /// Who asks.
    pub who: Who,
    /// What it is, in words.
    pub name: &'static str,
    /// Below `/api`; `{id}` is a ticket, `{middle}` the page half-way down, `{middle-cursor}` the
    /// cursor behind it.
    pub path: &'static str,
    /// It has a goal of its own.
    pub searches: bool,
}

const fn list(who: Who, name: &'static str, path: &'static str) -> Point {
    Point {
        who,
        name,
        path,
        searches: false,
    }
}

const fn search(who: Who, name: &'static str, path: &'static str) -> Point {
    Point {
        who,
        name,
        path,
        searches: true,
    }
}

use Who::{Admin, Agent, Customer};

/// All of them.
pub const ALL: &[Point] = &[
    list(Admin, "newest", "/tickets"),
    list(Admin, "oldest", "/tickets?sort=created_at"),
    list(Admin, "by last activity", "/tickets?sort=-last_activity_at"),
    list(
        Admin,
        "by last activity, oldest",
        "/tickets?sort=last_activity_at",
    ),
    list(Admin, "by priority", "/tickets?sort=-priority"),
    list(Admin, "by priority, lowest", "/tickets?sort=priority"),
    list(Admin, "by due time", "/tickets?sort=resolution_due_at"),
    list(
        Admin,
        "by due time, latest",
        "/tickets?sort=-resolution_due_at",
    ),
    list(Admin, "a hundred rows", "/tickets?per_page=100"),
    list(Admin, "status open", "/tickets?status=open"),
    list(Admin, "status closed", "/tickets?status=closed"),
    list(Admin, "priority critical", "/tickets?priority=critical"),
    list(Admin, "a project", "/tickets?project_id=3"),
    list(Admin, "an assignee", "/tickets?assigned_to={agent}"),
    list(Admin, "unassigned", "/tickets?unassigned=true"),
    list(Admin, "assigned", "/tickets?unassigned=false"),
    list(Admin, "overdue", "/tickets?overdue=true"),
    list(Admin, "not overdue", "/tickets?overdue=false"),
    list(Admin, "a category", "/tickets?category_id=3"),
    list(Admin, "a tag", "/tickets?tag=bug"),
    list(
        Admin,
        "a customer's address",
        "/tickets?customer_email=customer@bench.local",
    ),
    list(Admin, "since a day", "/tickets?created_from={week}"),
    list(Admin, "up to a day", "/tickets?created_to={year}"),
    list(Admin, "deleted", "/tickets?deleted=true"),
    list(
        Admin,
        "closed and critical",
        "/tickets?status=closed&priority=critical",
    ),
    list(
        Admin,
        "unassigned in a category",
        "/tickets?unassigned=true&category_id=3",
    ),
    list(
        Admin,
        "open, by due time",
        "/tickets?status=open&sort=resolution_due_at",
    ),
    list(Admin, "the page half-way down", "/tickets?{middle}"),
    list(
        Admin,
        "the cursor half-way down",
        "/tickets?{middle-cursor}",
    ),
    list(Admin, "detail", "/tickets/{id}"),
    search(Admin, "search: a word", "/tickets?search=certificate"),
    search(
        Admin,
        "search: two words",
        "/tickets?search=invoice%20is%20missing",
    ),
    search(Admin, "search: a name", "/tickets?search=ngozi.okafor"),
    search(
        Admin,
        "search: nothing found",
        "/tickets?search=no%20such%20words",
    ),
    search(Admin, "search: two letters", "/tickets?search=ng"),
    list(Agent, "newest", "/tickets"),
    list(Agent, "by last activity", "/tickets?sort=-last_activity_at"),
    list(Agent, "by priority", "/tickets?sort=-priority"),
    list(Agent, "by due time", "/tickets?sort=resolution_due_at"),
    list(Agent, "status open", "/tickets?status=open"),
    list(Agent, "priority critical", "/tickets?priority=critical"),
    list(Agent, "unassigned", "/tickets?unassigned=true"),
    list(Agent, "overdue", "/tickets?overdue=true"),
    list(Agent, "a category", "/tickets?category_id=3"),
    list(Agent, "a tag", "/tickets?tag=bug"),
    list(Agent, "assigned to me", "/tickets?assigned_to={agent}"),
    list(Agent, "the page half-way down", "/tickets?{middle}"),
    list(
        Agent,
        "the cursor half-way down",
        "/tickets?{middle-cursor}",
    ),
    search(Agent, "search: a word", "/tickets?search=certificate"),
    search(Agent, "search: a name", "/tickets?search=ngozi.okafor"),
    list(Customer, "newest", "/tickets"),
    list(
        Customer,
        "by last activity",
        "/tickets?sort=-last_activity_at",
    ),
    list(Customer, "status closed", "/tickets?status=closed"),
    search(Customer, "search: a word", "/tickets?search=certificate"),
];
