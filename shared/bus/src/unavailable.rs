//! Telling an event that cannot be taken from a database that cannot be reached.

use std::error::Error as StdError;

use desk_http::reach::is_out_of_reach;

/// Marks an error as nobody's fault: what the consumer needs is out of reach for now. A batch
/// that fails so is tried again until it works, and never becomes a dead letter.
#[derive(Debug, thiserror::Error)]
#[error("unavailable")]
pub struct Unavailable(#[source] pub anyhow::Error);

/// Whether a failure lies with the database (or what a consumer marked so), not with the event.
pub(crate) fn is_unavailable(error: &anyhow::Error) -> bool {
    let out_of_reach = |cause: &(dyn StdError + 'static)| {
        let error = cause.downcast_ref::<sqlx::Error>();
        error.is_some_and(is_out_of_reach)
    };
    error
        .chain()
        .any(|cause| cause.is::<Unavailable>() || out_of_reach(cause))
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
}
