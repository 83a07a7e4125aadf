//! Telling an event that cannot be taken from a database that cannot be reached.

use std::error::Error as StdError;

/// Marks an error as nobody's fault: what the consumer needs is out of reach for now. A batch
/// that fails so is tried again until it works, and never becomes a dead letter.
#[derive(Debug, thiserror::Error)]
#[error("unavailable")]
pub struct Unavailable(#[source] pub anyhow::Error);

/// Whether a failure lies with the database (or what a consumer marked so), not with the event.
pub(crate) fn is_unavailable(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.is::<Unavailable>() || database_is_out(cause))
}

fn database_is_out(cause: &(dyn StdError + 'static)) -> bool {
    match cause.downcast_ref::<sqlx::Error>() {
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed,
        ) => true,
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| passes(&code)),
        _ => false,
    }
}

/// SQLSTATEs that pass by themselves: connections, resources, shutdown, read-only after a
/// failover, and what a rerun of the transaction resolves.
fn passes(code: &str) -> bool {
    ["08", "53", "57P", "58"]
        .iter()
        .any(|class| code.starts_with(class))
        || matches!(code, "25006" | "40001" | "40P01" | "55P03")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_unavailable() {
        for (error, unavailable) in [
            (anyhow::Error::from(sqlx::Error::PoolTimedOut), true),
            (
                anyhow::Error::from(sqlx::Error::PoolClosed).context("storing the fact"),
                true,
            ),
            (
                anyhow::Error::from(Unavailable(anyhow::anyhow!("503"))).context("asking auth"),
                true,
            ),
            (anyhow::Error::from(sqlx::Error::RowNotFound), false),
            (anyhow::anyhow!("no such status"), false),
        ] {
            assert_eq!(is_unavailable(&error), unavailable, "{error:?}");
        }
    }

    #[test]
    fn sqlstates_are_judged_by_class() {
        for (code, expected) in [
            ("08006", true),
            ("57P01", true),
            ("53300", true),
            ("40P01", true),
            ("57014", false),
            ("23505", false),
            ("22P02", false),
            ("42P01", false),
        ] {
            assert_eq!(passes(code), expected, "{code}");
        }
    }
}
