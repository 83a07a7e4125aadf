//! Cursors of ticket lists: where the page before ended, in which order.

use desk_http::{
    Error, Paging, Result,
    page::{decode_cursor, encode_cursor, moment},
};

use crate::store::list::{Position, Sort, SortKey, SortValue, Window};

/// A cursor's content: the sort it belongs to, the last row's key and id.
type Cursor = (String, bool, Option<i64>, i64);

/// Microseconds since 1970; PostgreSQL keeps no finer times.
const NANOS: i128 = 1_000;

/// Writes a position of a list in this order.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn write(sort: Sort, position: Position) -> Result<String> {
    let key = match position.key {
        SortValue::Rank(rank) => Some(i64::from(rank)),
        SortValue::Time(time) => {
            time.and_then(|time| i64::try_from(time.unix_timestamp_nanos() / NANOS).ok())
        }
    };
    let cursor: Cursor = (
        sort.key.as_str().to_owned(),
        sort.descending,
        key,
        position.id,
    );
    encode_cursor(&cursor)
}

fn read(sort: Sort, cursor: &str) -> Result<Position> {
    let (word, descending, key, id): Cursor = decode_cursor(cursor)?;
    let value = match (sort.key, key) {
        (SortKey::Priority, Some(rank)) => i16::try_from(rank).ok().map(SortValue::Rank),
        (SortKey::Priority, None) => None,
        (_, None) => Some(SortValue::Time(None)),
        (_, Some(micros)) => moment(micros).map(|time| SortValue::Time(Some(time))),
    };
    value
        .filter(|_| word == sort.key.as_str() && descending == sort.descending)
        .map(|key| Position { key, id })
        .ok_or_else(|| Error::field("cursor", "The cursor is not valid for this list."))
}

/// The part of the list that is asked for: behind the cursor, else by page.
///
/// # Errors
/// 422 for a cursor of another order, or none of ours.
pub fn window(cursor: Option<&str>, sort: Sort, paging: Paging) -> Result<Window> {
    let after = cursor.map(|cursor| read(sort, cursor)).transpose()?;
    let offset = if after.is_some() { 0 } else { paging.offset() };
    Ok(Window {
        offset,
        limit: paging.per_page,
        after,
        day: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_order_only() {
        let due = Sort {
            key: SortKey::ResolutionDueAt,
            descending: false,
        };
        let urgent = Sort {
            key: SortKey::Priority,
            descending: true,
        };
        for (sort, key) in [
            (due, SortValue::Time(None)),
            (
                due,
                SortValue::Time(Some(datetime!(2026-03-02 09:00:00.123456 UTC))),
            ),
            (urgent, SortValue::Rank(4)),
        ] {
            let position = Position { key, id: 7 };
            let cursor = write(sort, position).unwrap();
            assert_eq!(read(sort, &cursor).unwrap(), position);
            let reversed = Sort {
                descending: !sort.descending,
                ..sort
            };
            assert!(read(reversed, &cursor).is_err());
            assert!(read(Sort::NEWEST, &cursor).is_err());
        }
    }

    #[test]
    fn a_forged_cursor_is_refused() {
        // The last one is in a year that PostgreSQL does not have.
        for key in [i64::MAX, i64::MIN, -250_000_000_000_000_000] {
            let cursor: Cursor = ("created_at".to_owned(), true, Some(key), 1);
            assert!(read(Sort::NEWEST, &encode_cursor(&cursor).unwrap()).is_err());
        }
        assert!(read(Sort::NEWEST, "nonsense").is_err());
    }

    proptest! {
        #[test]
        fn a_cursor_that_is_taken_is_one_of_ours(
            word in "(created_at|last_activity_at|priority|resolution_due_at|id)", descending: bool,
            key in prop::option::of(prop_oneof![any::<i64>(), -1_000..1_000_i64]), id: i64, text in any::<String>(),
        ) {
            let forged: Cursor = (word, descending, key, id);
            let forged = encode_cursor(&forged).unwrap();
            for key in [SortKey::CreatedAt, SortKey::Priority, SortKey::ResolutionDueAt] {
                let sort = Sort { key, descending };
                for cursor in [&forged, &text] {
                    if let Ok(position) = read(sort, cursor) {
                        prop_assert_eq!(&write(sort, position).unwrap(), cursor);
                    }
                }
            }
        }
    }
}
