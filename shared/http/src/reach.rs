//! Telling a database that cannot be reached for now from a statement that is wrong.

use std::borrow::Cow;

/// Whether a failure passes by itself, without a change of what was asked: what requests answer with
/// a 503, and what consumers try again until it works.
pub fn is_out_of_reach(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Tls(_)
        // A connection that ends before its first answer: what stands between takes connections
        // for a server that is down.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed
        | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| passes(&code)),
        _ => false,
    }
}

/// Whether somebody else held a lock for longer than was to be waited, or the two waited for each
/// other: the transaction is worth another try.
pub fn is_locked(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| LOCKED.contains(&code.as_ref()))
}

/// Stopped from outside, mostly for its time: worth another try when the machine has more of it.
pub(crate) fn was_cancelled(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some(CANCELLED)
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

const CANCELLED: &str = "57014";
/// A deadlock, and a lock that was not to be had in time.
const LOCKED: [&str; 2] = ["40P01", "55P03"];

/// SQLSTATEs of connections, resources, operators and disks, read-only after a failover, and what a
/// rerun of the transaction resolves. What was cancelled is none of them: it would take its time again.
fn passes(code: &str) -> bool {
    let class = ["08", "53", "57", "58"];
    class.iter().any(|class| code.starts_with(class)) && code != CANCELLED
        || LOCKED.contains(&code)
        || matches!(code, "25006" | "40001")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_fails_is_out_of_reach() {
        for (error, out) in [
            (sqlx::Error::PoolTimedOut, true),
            (sqlx::Error::BeginFailed, true),
            (sqlx::Error::Protocol("no answer".into()), true),
            (sqlx::Error::RowNotFound, false),
        ] {
            assert_eq!(is_out_of_reach(&error), out, "{error:?}");
        }
    }

    #[test]
    fn sqlstates_are_judged_by_class() {
        for (code, out) in [
            ("08006", true),
            ("57P01", true),
            ("57000", true),
            ("53300", true),
            ("40P01", true),
            ("57014", false),
            ("23505", false),
            ("22P02", false),
            ("42P01", false),
        ] {
            assert_eq!(passes(code), out, "{code}");
        }
    }
}
