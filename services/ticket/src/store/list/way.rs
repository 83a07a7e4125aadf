//! How a page is found: by walking its order, or by gathering what passes the filter.

use super::{Arm, Filter, List, Sort, SortKey, Total};

/// Of so few tickets all are gathered and sorted; of more, enough lie along the walk.
pub(super) const FEW: i64 = 5_000;
/// The same for a stretch of days in another order than that of filing: what lies outside lies
/// together, and a walk may have to pass all of it.
const FEW_OF_DAYS: i64 = 50_000;

/// The way to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Along an index that has the order, leaving out what the filter does not let pass.
    Walk,
    /// All that pass, by an index of the filter's; then sorted.
    Gather,
}

impl List<'_> {
    /// The better way to a page of a list with so many tickets.
    pub(super) fn way(&self, sort: Sort, total: Total) -> Way {
        way(self.filter, sort, total, &self.arms)
    }
}

fn way(filter: &Filter, sort: Sort, total: Total, arms: &[Arm]) -> Way {
    let ranged = filter.created_from.is_some() || filter.created_to.is_some();
    let by_filing = sort.key == SortKey::CreatedAt;
    let few = if ranged && !by_filing {
        FEW_OF_DAYS
    } else {
        FEW
    };
    let in_order = match filter.conditions() {
        0 => true,
        1 if by_filing => {
            filter.has_index() || matches!(arms, [arm] if filter.tag_in_order(arm, sort).is_some())
        }
        1 => {
            matches!(arms, [Arm::Everything])
                && sort.key == SortKey::ResolutionDueAt
                && filter.status.is_some()
        }
        _ => false,
    };
    if total.count <= few && !in_order {
        Way::Gather
    } else {
        Way::Walk
    }
}

impl Filter {
    /// How many conditions narrow it beyond project and deletion.
    fn conditions(&self) -> usize {
        [
            self.status.is_some(),
            self.priority.is_some(),
            self.assigned_to.is_some(),
            self.unassigned.is_some(),
            self.overdue.is_some(),
            self.search.is_some(),
            self.category_id.is_some(),
            self.tags.is_some(),
            self.customer_email.is_some(),
            self.created_from.is_some() || self.created_to.is_some(),
        ]
        .into_iter()
        .filter(|condition| *condition)
        .count()
    }

    /// Does everything pass, but for what is deleted?
    pub(super) fn is_plain(&self) -> bool {
        !self.deleted && self.conditions() == 0
    }

    /// Is it searched, and nothing else, but for what is deleted?
    pub(super) fn is_only_searched(&self) -> bool {
        !self.deleted && self.is_searched_alone()
    }

    /// Is it searched, and narrowed by no other condition?
    pub(super) fn is_searched_alone(&self) -> bool {
        self.conditions() == 1 && self.search.is_some()
    }

    /// The tag whose own index holds an arm in this order: the only condition, in projects, by filing.
    pub(super) fn tag_in_order(&self, arm: &Arm, sort: Sort) -> Option<i64> {
        match (arm, sort.key, self.tags.as_deref()) {
            (Arm::Projects(_), SortKey::CreatedAt, Some([tag])) if self.conditions() == 1 => {
                Some(*tag)
            }
            _ => None,
        }
    }

    /// Does an index hold what passes the only condition in the order of filing, whatever the
    /// scope?
    fn has_index(&self) -> bool {
        self.status.is_some() || self.created_from.is_some() || self.created_to.is_some()
    }
}

#[cfg(test)]
mod tests {
    use desk_events::{Priority, Status};
    use time::macros::datetime;

    use super::*;

    #[test]
    fn few_are_gathered_unless_an_index_has_their_order() {
        let none = Filter::default;
        let open = || Filter {
            status: Some(Status::Open),
            ..none()
        };
        let critical = || Filter {
            priority: Some(Priority::Critical),
            ..none()
        };
        let march = || Filter {
            created_from: Some(datetime!(2026-03-01 0:00 UTC)),
            ..none()
        };
        let tagged = || Filter {
            tags: Some(vec![4]),
            ..none()
        };
        let active = Sort {
            key: SortKey::LastActivityAt,
            descending: true,
        };
        let due = Sort {
            key: SortKey::ResolutionDueAt,
            descending: false,
        };
        for (filter, sort, count, wanted) in [
            (none(), active, 10, Way::Walk),
            (open(), Sort::NEWEST, 10, Way::Walk),
            (open(), due, 10, Way::Walk),
            (open(), active, 10, Way::Gather),
            (open(), active, 100_000, Way::Walk),
            (critical(), Sort::NEWEST, 10, Way::Gather),
            (critical(), Sort::NEWEST, 100_000, Way::Walk),
            (march(), Sort::NEWEST, 10, Way::Walk),
            (march(), active, 40_000, Way::Gather),
            (march(), active, 400_000, Way::Walk),
            (tagged(), Sort::NEWEST, 10, Way::Gather),
        ] {
            let total = Total {
                count,
                capped: false,
            };
            assert_eq!(
                way(&filter, sort, total, &[Arm::Everything]),
                wanted,
                "{filter:?} {sort:?} {count}"
            );
        }
        let total = Total {
            count: 10,
            capped: false,
        };
        let projects = || vec![Arm::Projects(vec![1, 2])];
        let and_filed_elsewhere = || [projects(), vec![Arm::FiledIn(3, vec![4])]].concat();
        for (filter, sort, arms, wanted) in [
            (open(), due, projects(), Way::Gather),
            (tagged(), Sort::NEWEST, projects(), Way::Walk),
            (tagged(), active, projects(), Way::Gather),
            (tagged(), Sort::NEWEST, and_filed_elsewhere(), Way::Gather),
        ] {
            assert_eq!(
                way(&filter, sort, total, &arms),
                wanted,
                "{filter:?} {sort:?} {arms:?}"
            );
        }
    }
}
