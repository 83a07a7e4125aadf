//! Searches that match more often than is counted, remembered for a minute. To prove it again means
//! to look at ten thousand rows again, for each page that is turned and each time that a list is
//! refreshed: nine parts of ten of what such a search takes.

use std::time::Duration;

use moka::sync::Cache;

use super::{Arm, Filter};

/// How long a search counts as frequent without being counted again: its total may say so this much
/// longer than it is.
const REMEMBERED: Duration = Duration::from_mins(1);
/// So many searches at once; the least used ones are forgotten first.
const KEPT: u64 = 1_000;

/// What was searched, and among what.
type Asked = (Vec<Arm>, Filter);

/// The searches of this process. Cheap to clone.
#[derive(Clone)]
pub struct FrequentSearches(Cache<Asked, ()>);

impl Default for FrequentSearches {
    fn default() -> Self {
        Self::remembered_for(REMEMBERED)
    }
}

impl FrequentSearches {
    fn remembered_for(time: Duration) -> Self {
        let cache = Cache::builder().max_capacity(KEPT).time_to_live(time);
        Self(cache.build())
    }

    pub(super) fn has(&self, arms: &[Arm], filter: &Filter) -> bool {
        self.0.contains_key(&(arms.to_vec(), filter.clone()))
    }

    pub(super) fn note(&self, arms: &[Arm], filter: &Filter) {
        self.0.insert((arms.to_vec(), filter.clone()), ());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(words: &str) -> Filter {
        Filter {
            search: Some(words.to_owned()),
            ..Filter::default()
        }
    }

    #[test]
    fn a_search_is_frequent_among_what_was_searched_and_nowhere_else() {
        let searches = FrequentSearches::default();
        searches.note(&[Arm::Projects(vec![1, 2])], &search("lamp"));
        let open = Filter {
            status: Some(desk_events::Status::Open),
            ..search("lamp")
        };
        for (arm, filter, frequent) in [
            (Arm::Projects(vec![1, 2]), search("lamp"), true),
            (Arm::Projects(vec![1, 2]), search("shade"), false),
            (Arm::Projects(vec![1, 2]), open, false),
            (Arm::Projects(vec![1]), search("lamp"), false),
            (Arm::Everything, search("lamp"), false),
        ] {
            assert_eq!(
                searches.has(std::slice::from_ref(&arm), &filter),
                frequent,
                "{arm:?} {filter:?}"
            );
        }
    }

    #[test]
    fn it_is_counted_again_when_its_time_is_up() {
        let searches = FrequentSearches::remembered_for(Duration::from_millis(20));
        searches.note(&[Arm::Everything], &search("lamp"));
        std::thread::sleep(Duration::from_millis(40));
        assert!(!searches.has(&[Arm::Everything], &search("lamp")));
    }
}
