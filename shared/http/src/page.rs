//! Pages: what a list is asked for and how it is answered.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::OffsetDateTime;

use crate::{Error, Result};

/// Rows a page without `per_page`.
const DEFAULT_PER_PAGE: u32 = 20;
/// The most rows a page.
pub const MAX_PER_PAGE: u32 = 100;
/// The highest page number taken; deeper lists use the cursor.
pub const MAX_PAGE: u32 = 1_000_000;

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// Page number, from 1.
    pub page: i64,
    /// Rows a page.
    pub per_page: i64,
}

impl Paging {
    /// From a query's fields, which are validated already: `#[garde(inner(range(min = 1, max =
    /// desk_http::page::MAX_PAGE)))] page` and `… MAX_PER_PAGE … per_page`.
    pub fn new(page: Option<u32>, per_page: Option<u32>) -> Self {
        Self {
            page: i64::from(page.unwrap_or(1)),
            per_page: i64::from(per_page.unwrap_or(DEFAULT_PER_PAGE)),
        }
    }

    /// Rows before this page.
    pub const fn offset(&self) -> i64 {
        (self.page - 1) * self.per_page
    }
}

/// A page of rows.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// This page's number.
    pub current_page: i64,
    /// The last page's number, at least 1.
    pub last_page: i64,
    /// All rows there are.
    pub total: i64,
    /// Rows a page.
    pub per_page: i64,
    /// Where the next page starts, for `cursor=`; null on the last.
    pub next_cursor: Option<String>,
    /// Set when counting stopped at `total`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub total_capped: bool,
}

impl<T> Page<T> {
    /// A page of `total` rows.
    pub fn new(data: Vec<T>, total: i64, paging: Paging) -> Self {
        let last_page = (total + paging.per_page - 1) / paging.per_page;
        Self {
            data,
            current_page: paging.page,
            last_page: last_page.max(1),
            total,
            per_page: paging.per_page,
            next_cursor: None,
            total_capped: false,
        }
    }

    /// With the place where the next page starts.
    #[must_use]
    pub fn with_next(mut self, cursor: Option<String>) -> Self {
        self.next_cursor = cursor;
        self
    }

    /// The same page with other rows.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(row).collect(),
            current_page: self.current_page,
            last_page: self.last_page,
            total: self.total,
            per_page: self.per_page,
            next_cursor: self.next_cursor,
            total_capped: self.total_capped,
        }
    }
}

/// A place in a list that runs newest first: the last row before it. What its cursors hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// That row's time, in microseconds of Unix time.
    at: i64,
    /// Its id.
    id: i64,
}

impl Place {
    /// Behind the row of this time and id.
    pub fn after(at: OffsetDateTime, id: i64) -> Self {
        let micros = at.unix_timestamp_nanos() / 1_000;
        Self {
            at: i64::try_from(micros).unwrap_or(i64::MAX),
            id,
        }
    }

    /// From a cursor. A moment out of range is as much not ours as one that is none.
    fn read(cursor: &str) -> Result<Self> {
        let place: Self = decode_cursor(cursor)?;
        if place.moment().is_none() {
            return decode_cursor("");
        }
        Ok(place)
    }

    fn moment(self) -> Option<OffsetDateTime> {
        moment(self.at)
    }

    /// The row's time.
    pub fn at(self) -> OffsetDateTime {
        self.moment().unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The row's id.
    pub const fn id(self) -> i64 {
        self.id
    }
}

/// Which rows of a list that runs newest first a page takes, by number or by cursor: those of the
/// page, and one more to know whether there is a next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    paging: Paging,
    /// Rows to read.
    pub limit: i64,
    /// Rows to pass over; none behind a cursor.
    pub offset: i64,
    /// Where the rows go on.
    pub after: Option<Place>,
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
        after: None,
    };

    /// From a query's fields, validated already.
    ///
    /// # Errors
    /// 422 on `cursor` for one that is none of ours.
    pub fn new(page: Option<u32>, per_page: Option<u32>, cursor: Option<&str>) -> Result<Self> {
        let paging = Paging::new(page, per_page);
        let after = cursor.map(Place::read).transpose()?;
        Ok(Self {
            paging,
            limit: paging.per_page + 1,
            offset: if after.is_some() { 0 } else { paging.offset() },
            after,
        })
    }

    /// The time of the row before the first.
    pub fn before_at(&self) -> Option<OffsetDateTime> {
        self.after.map(Place::at)
    }

    /// The id of the row before the first.
    pub fn before_id(&self) -> Option<i64> {
        self.after.map(Place::id)
    }

    /// The page of the rows that were read.
    ///
    /// # Errors
    /// When the cursor cannot be written.
    pub fn page<T>(
        &self,
        mut rows: Vec<T>,
        total: i64,
        place: impl Fn(&T) -> Place,
    ) -> Result<Page<T>> {
        let wanted = usize::try_from(self.paging.per_page).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let last = rows.last().filter(|_| more).map(place);
        let next = last.as_ref().map(encode_cursor).transpose()?;
        Ok(Page::new(rows, total, self.paging).with_next(next))
    }
}

/// The moment so many microseconds after 1970, of those that PostgreSQL has (it begins in 4713 BC):
/// cursors can be forged.
pub fn moment(micros: i64) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok();
    moment.filter(|moment| moment.year() >= 0)
}

/// Writes a sort position as an opaque cursor.
///
/// # Errors
/// When the position cannot be written as JSON.
pub fn encode_cursor<T: Serialize>(position: &T) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(position)?))
}

/// Reads a cursor back.
///
/// # Errors
/// 422 on `cursor` for anything that [`encode_cursor`] did not write for this list.
pub fn decode_cursor<T: DeserializeOwned>(cursor: &str) -> Result<T> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Error::field("cursor", "The cursor is not valid for this list."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_counted_from_one() {
        for (total, per_page, last) in [
            (0, 20, 1),
            (1, 20, 1),
            (20, 20, 1),
            (21, 20, 2),
            (94, 20, 5),
        ] {
            let page = Page::<i32>::new(vec![], total, Paging::new(None, Some(per_page)));
            assert_eq!(page.last_page, last, "{total}");
        }
        assert_eq!(Paging::new(Some(3), None).offset(), 40);
    }

    #[test]
    fn a_cursor_goes_on_where_the_page_ended() {
        let at = OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(123_456);
        let place = |id: &i64| Place::after(at, *id);
        let first = Slice::new(None, Some(2), None).unwrap();
        assert_eq!((first.limit, first.offset), (3, 0));
        let page = first.page(vec![9, 8, 7], 3, place).unwrap();
        assert_eq!(page.data, [9, 8]);
        let next = Slice::new(Some(2), Some(2), page.next_cursor.as_deref()).unwrap();
        assert_eq!(
            (next.offset, next.before_at(), next.before_id()),
            (0, Some(at), Some(8))
        );
        assert_eq!(next.page(vec![7], 3, place).unwrap().next_cursor, None);
    }

    #[test]
    fn a_made_up_place_is_refused() {
        let far = Place {
            at: i64::MAX,
            id: 1,
        };
        let far = encode_cursor(&far).unwrap();
        for cursor in ["x", "%%%", far.as_str()] {
            assert!(Slice::new(None, None, Some(cursor)).is_err(), "{cursor}");
        }
    }

    /// Whether the cursor is refused as the contract has it.
    fn is_refused(cursor: &str) -> bool {
        let refused = Slice::new(None, None, Some(cursor)).map(drop);
        matches!(refused, Err(Error::Invalid(details)) if details.has("cursor"))
    }

    proptest! {
        #[test]
        fn any_place_goes_into_a_cursor_and_comes_back(micros in 0..253_402_300_800_000_000_i64, id: i64) {
            let place = Place { at: micros, id };
            let cursor = encode_cursor(&place).unwrap();
            let slice = Slice::new(None, None, Some(&cursor)).unwrap();
            prop_assert_eq!(slice.after, Some(place));
        }

        #[test]
        fn a_forged_cursor_is_a_place_that_can_be_or_refused(at: i64, years in -12_000..12_000_i64, id: i64) {
            for at in [at, years * 31_556_952_000_000] {
                let cursor = encode_cursor(&Place { at, id }).unwrap();
                match Slice::new(None, None, Some(&cursor)) {
                    Ok(slice) => prop_assert!((0..=9999).contains(&slice.before_at().unwrap().year())),
                    Err(_) => prop_assert!(is_refused(&cursor)),
                }
            }
        }

        #[test]
        fn no_text_is_a_cursor(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            prop_assert!(is_refused(&text));
            prop_assert!(is_refused(&URL_SAFE_NO_PAD.encode(bytes)));
        }
    }

    #[test]
    fn a_cursor_comes_back_and_nonsense_does_not() {
        let cursor = encode_cursor(&(7_i64, "x")).unwrap();
        assert_eq!(
            decode_cursor::<(i64, String)>(&cursor).unwrap(),
            (7, "x".to_owned())
        );
        assert!(decode_cursor::<(i64, String)>("%%%").is_err());
        assert!(decode_cursor::<i64>(&cursor).is_err());
    }
}
