//! The tables that people read: `permissions.txt` and `sightings.txt`, a column a caller.

use desk_testkit::identity::Role;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    Nobody,
    Customer,
    Other,
    Agent,
    Stray,
    Admin,
    Root,
    Key,
    OtherKey,
}

impl Caller {
    /// In the tables' order.
    pub const ALL: [Self; 9] = [
        Self::Nobody,
        Self::Customer,
        Self::Other,
        Self::Agent,
        Self::Stray,
        Self::Admin,
        Self::Root,
        Self::Key,
        Self::OtherKey,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Customer => "customer",
            Self::Other => "other",
            Self::Agent => "agent",
            Self::Stray => "stray",
            Self::Admin => "admin",
            Self::Root => "root",
            Self::Key => "key",
            Self::OtherKey => "other-key",
        }
    }

    /// None: nobody, or a key.
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Customer | Self::Other => Some(Role::Customer),
            Self::Agent | Self::Stray => Some(Role::Agent),
            Self::Admin => Some(Role::Admin),
            Self::Root => Some(Role::SuperAdmin),
            Self::Nobody | Self::Key | Self::OtherKey => None,
        }
    }

    /// Of the project whose things the tables are about.
    pub const fn at_home(self) -> bool {
        matches!(self, Self::Customer | Self::Agent | Self::Key)
    }
}

/// A line: what stands before the columns, and the columns.
#[derive(Debug)]
pub struct Line<'a> {
    pub words: Vec<&'a str>,
    cells: [&'a str; 9],
}

impl<'a> Line<'a> {
    pub fn cell(&self, caller: Caller) -> &'a str {
        self.cells[caller as usize]
    }
}

/// The lines of a table. Its head has to name the callers in their order.
pub fn lines(table: &str) -> Vec<Line<'_>> {
    let mut lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            let cells = words.split_off(words.len().saturating_sub(9));
            let cells = cells.try_into();
            Line {
                words,
                cells: cells.unwrap_or_else(|_| unreachable!("{line} lacks a column")),
            }
        });
    let head = lines.next().unwrap();
    assert_eq!(head.cells, Caller::ALL.map(Caller::word));
    lines.collect()
}
