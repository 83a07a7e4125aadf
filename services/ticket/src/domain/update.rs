//! Changing what a ticket says: subject, description, category, priority, tags.

use desk_events::{Actor, Change, Priority};
use time::OffsetDateTime;

use super::{EntryKind, Policy, Ticket, Write, write::changed};

/// A wanted category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// None any more.
    Nothing,
    /// This one.
    Is(i64),
}

impl Category {
    const fn id(self) -> Option<i64> {
        match self {
            Self::Nothing => None,
            Self::Is(id) => Some(id),
        }
    }
}

/// The wanted changes; `None` leaves a field alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// New subject.
    pub subject: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New category, or none.
    pub category: Option<Category>,
    /// New priority with the policy that rules it in the ticket's project.
    pub priority: Option<(Priority, Option<Policy>)>,
    /// New tags, in place of the old ones.
    pub tags: Option<Vec<i64>>,
}

/// Applies the changes; what is as wanted already changes nothing. A new priority brings its
/// policy, counted from the ticket's creation.
pub fn update(ticket: &Ticket, update: Update, actor: Actor, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    let after = &mut write.ticket;
    let mut changes: Vec<Change> = Vec::new();
    let mut missed = Vec::new();

    if let Some(subject) = update.subject.filter(|subject| *subject != ticket.subject) {
        changes.push(changed(
            "subject",
            ticket.subject.as_str(),
            subject.as_str(),
        ));
        after.subject = subject;
    }
    if let Some(text) = update
        .description
        .filter(|text| *text != ticket.description)
    {
        changes.push(changed(
            "description",
            ticket.description.as_str(),
            text.as_str(),
        ));
        after.description = text;
    }
    if let Some(category) = update
        .category
        .map(Category::id)
        .filter(|id| *id != ticket.category_id)
    {
        changes.push(changed("category_id", ticket.category_id, category));
        after.category_id = category;
    }
    if let Some((priority, policy)) = update
        .priority
        .filter(|(priority, _)| *priority != ticket.priority)
    {
        changes.push(changed(
            "priority",
            ticket.priority.as_str(),
            priority.as_str(),
        ));
        after.priority = priority;
        missed = after.clocks.pass(ticket.status, now, |clocks| {
            clocks.govern(policy);
            ticket.status
        });
    }
    if let Some(tags) = update.tags.map(sorted).filter(|tags| *tags != ticket.tags) {
        changes.push(changed("tags", ticket.tags.clone(), tags.clone()));
        after.tags = tags;
        write.retags = true;
    }
    if !changes.is_empty() {
        write.say(EntryKind::Updated, actor, changes);
        write.say_missed(&missed);
    }
    write
}

/// Ascending, each once.
pub fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, policy, ticket};

    #[test]
    fn only_real_changes_are_told() {
        let start = ticket(Some(policy(false)));
        for (change, fields) in [
            (Update::default(), &[][..]),
            (
                Update {
                    subject: Some(start.subject.clone()),
                    ..Update::default()
                },
                &[],
            ),
            (
                Update {
                    subject: Some("Other".into()),
                    ..Update::default()
                },
                &["subject"],
            ),
            (
                Update {
                    category: Some(Category::Is(2)),
                    ..Update::default()
                },
                &["category_id"],
            ),
            (
                Update {
                    category: Some(Category::Nothing),
                    ..Update::default()
                },
                &[],
            ),
            (
                Update {
                    tags: Some(vec![]),
                    ..Update::default()
                },
                &[],
            ),
            (
                Update {
                    tags: Some(vec![3, 1, 3]),
                    ..Update::default()
                },
                &["tags"],
            ),
            (
                Update {
                    description: Some("More".into()),
                    priority: Some((Priority::Low, None)),
                    ..Update::default()
                },
                &["description", "priority"],
            ),
        ] {
            let write = update(&start, change, Actor::user(1), FILED + Duration::MINUTE);
            let told: Vec<_> = write
                .entries
                .iter()
                .flat_map(|entry| &entry.changes)
                .map(|c| c.field.as_str())
                .collect();
            assert_eq!(told, fields);
            assert_eq!(write.is_empty(), fields.is_empty());
        }
    }

    #[test]
    fn tags_are_kept_ascending_and_once() {
        let change = Update {
            tags: Some(vec![3, 1, 3]),
            ..Update::default()
        };
        let write = update(&ticket(None), change, Actor::user(1), FILED);
        assert_eq!(write.ticket.tags, [1, 3]);
        assert!(write.retags);
    }
}
