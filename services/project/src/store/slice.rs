//! Lists that run newest first: which rows a page takes, by number or by cursor.

use desk_http::{
    Page, Paging, Result,
    page::{decode_cursor, encode_cursor},
};
use time::OffsetDateTime;

/// The rows of one page, and one more to know whether there is a next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    paging: Paging,
    /// Rows to read.
    pub limit: i64,
    /// Rows to pass over; none behind a cursor.
    pub offset: i64,
    /// The row before the first, by its time.
    pub before_at: Option<OffsetDateTime>,
    /// The row before the first, by its id.
    pub before_id: Option<i64>,
}

impl Slice {
    /// Every row there is.
    pub const ALL: Self = Self {
        paging: Paging {
            page: 1,
            per_page: i64::MAX,
        },
        limit: i64::MAX,
        offset: 0,
        before_at: None,
        before_id: None,
    };

    /// From a query's fields, validated already.
    ///
    /// # Errors
    /// 422 on `cursor` for one that is none of ours.
    pub fn new(page: Option<u32>, per_page: Option<u32>, cursor: Option<&str>) -> Result<Self> {
        let paging = Paging::new(page, per_page);
        let before = cursor.map(position).transpose()?;
        Ok(Self {
            paging,
            limit: paging.per_page + 1,
            offset: if before.is_some() { 0 } else { paging.offset() },
            before_at: before.map(|(at, _)| at),
            before_id: before.map(|(_, id)| id),
        })
    }

    /// The page of the rows that were read.
    ///
    /// # Errors
    /// When the cursor cannot be written.
    pub fn page<T>(
        &self,
        mut rows: Vec<T>,
        total: i64,
        position: impl Fn(&T) -> (OffsetDateTime, i64),
    ) -> Result<Page<T>> {
        let wanted = usize::try_from(self.paging.per_page).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let last = rows.last().filter(|_| more).map(position);
        let next = last
            .map(|(at, id)| encode_cursor(&(micros(at), id)))
            .transpose()?;
        Ok(Page::new(rows, total, self.paging).with_next(next))
    }
}

fn micros(at: OffsetDateTime) -> i128 {
    at.unix_timestamp_nanos() / 1000
}

fn position(cursor: &str) -> Result<(OffsetDateTime, i64)> {
    let (micros, id): (i64, i64) = decode_cursor(cursor)?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000);
    // A moment out of range is as much not ours as one that is none: say it in the same words.
    at.map_or_else(|_| decode_cursor(""), |at| Ok((at, id)))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_cursor_goes_on_where_the_page_ended() {
        let at = datetime!(2026-01-01 0:00:00.123456 UTC);
        let first = Slice::new(None, Some(2), None).unwrap();
        assert_eq!((first.limit, first.offset), (3, 0));
        let page = first.page(vec![9, 8, 7], 3, |id| (at, *id)).unwrap();
        assert_eq!(page.data, [9, 8]);
        let next = Slice::new(Some(2), Some(2), page.next_cursor.as_deref()).unwrap();
        assert_eq!(
            (next.offset, next.before_at, next.before_id),
            (0, Some(at), Some(8))
        );
        assert_eq!(
            next.page(vec![7], 3, |id| (at, *id)).unwrap().next_cursor,
            None
        );
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        let far = encode_cursor(&(i64::MAX, 1_i64)).unwrap();
        for cursor in ["x", "%%%", far.as_str()] {
            assert!(Slice::new(None, None, Some(cursor)).is_err(), "{cursor}");
        }
    }
}
