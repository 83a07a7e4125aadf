//! What a working desk is asked for, and how often.

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A project files a ticket for a customer, by its key.
    FileByKey,
    /// A customer files one in the portal.
    File,
    /// An agent answers.
    Answer,
    /// The customer answers.
    Reply,
    /// An agent writes a note.
    Note,
    /// An agent answers with a picture.
    Attach,
    /// An agent takes a ticket up, or resolves it.
    Move,
    /// An agent reads a ticket.
    Read,
    /// A project reads one, by its key.
    ReadByKey,
    /// An agent looks through the tickets under way.
    List,
    /// An agent looks for a word.
    Search,
    /// An agent reads a report.
    Report,
    /// An agent or a customer logs in anew.
    LogIn,
}

/// How many of a hundred requests. A ticket is taken up and resolved by two moves, so that as many
/// are done with as are filed, and a hundred is shared out without a rest.
const SHARES: [(Action, usize); 13] = [
    (Action::FileByKey, 9),
    (Action::File, 2),
    (Action::Answer, 12),
    (Action::Reply, 5),
    (Action::Note, 4),
    (Action::Attach, 1),
    (Action::Move, 22),
    (Action::Read, 22),
    (Action::ReadByKey, 3),
    (Action::List, 12),
    (Action::Search, 4),
    (Action::Report, 3),
    (Action::LogIn, 1),
];
/// The turns of a round, in which each action has its share.
pub const TURNS: usize = 100;
/// Has no factor in common with [`TURNS`]: spreads each action over them.
const STRIDE: usize = 37;

/// What the n-th request is.
pub fn action(turn: usize) -> Action {
    let mut place = turn % TURNS * STRIDE % TURNS;
    for (action, share) in SHARES {
        if place < share {
            return action;
        }
        place -= share;
    }
    Action::Read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_turns_hold_each_share_exactly() {
        for (action, share) in SHARES {
            let times = (500..500 + TURNS).filter(|turn| self::action(*turn) == action);
            assert_eq!(times.count(), share, "{action:?}");
        }
        assert_eq!(SHARES.iter().map(|(_, share)| share).sum::<usize>(), TURNS);
    }

    #[test]
    fn as_many_tickets_are_resolved_as_filed() {
        let share = |wanted| SHARES.iter().find(|(action, _)| *action == wanted);
        let share = |wanted| share(wanted).map_or(0, |(_, share)| *share);
        let filed = share(Action::File) + share(Action::FileByKey);
        assert_eq!(share(Action::Move), 2 * filed);
    }

    #[test]
    fn what_is_frequent_does_not_come_in_a_row() {
        let longest = (0..2 * TURNS)
            .collect::<Vec<_>>()
            .chunk_by(|a, b| action(*a) == action(*b))
            .map(<[usize]>::len)
            .max();
        assert_eq!(longest, Some(1));
    }
}
