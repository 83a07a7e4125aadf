//! The two words a project gets from its name and keeps for good: the slug of addresses and the
//! prefix of ticket numbers (contract, Tickets).

use std::{borrow::Cow, collections::HashSet};

use deunicode::deunicode_with_tofu;

/// Letters and digits of a prefix before the digits that make it unique.
const PREFIX_LENGTH: usize = 4;
/// The longest slug before the digits that make it unique, in characters.
const SLUG_LENGTH: usize = 80;
/// The slug of a name without any letter or digit.
const NAMELESS: &str = "project";

/// The prefix a name asks for: its first four letters or digits, transliterated, upper case,
/// padded with `X`.
pub fn prefix(name: &str) -> String {
    let letters = transliterated(name);
    let letters = letters.chars().filter(char::is_ascii_alphanumeric);
    letters
        .map(|letter| letter.to_ascii_uppercase())
        .chain(std::iter::repeat('X'))
        .take(PREFIX_LENGTH)
        .collect()
}

/// The slug a name asks for: its words, transliterated, lower case, joined by `-`.
pub fn slug(name: &str) -> String {
    let text = transliterated(name).to_ascii_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let joined = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let slug = joined
        .get(..SLUG_LENGTH)
        .unwrap_or(&joined)
        .trim_end_matches('-');
    if slug.is_empty() {
        NAMELESS.to_owned()
    } else {
        slug.to_owned()
    }
}

/// The prefix itself, or with the first number from 2 that nobody has had.
pub fn free_prefix(wanted: &str, taken: &HashSet<String>) -> String {
    first_free(wanted, "", taken)
}

/// The slug itself, or with `-` and the first number from 2 that nobody has had.
pub fn free_slug(wanted: &str, taken: &HashSet<String>) -> String {
    first_free(wanted, "-", taken)
}

fn first_free(wanted: &str, joint: &str, taken: &HashSet<String>) -> String {
    let mut word = wanted.to_owned();
    let mut number = 2_u64;
    while taken.contains(&word) {
        word = format!("{wanted}{joint}{number}");
        number += 1;
    }
    word
}

/// In ASCII; a letter that has no transliteration is left out.
fn transliterated(name: &str) -> Cow<'_, str> {
    Cow::Owned(deunicode_with_tofu(name, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_come_from_the_name() {
        for (name, prefix_of_it, slug_of_it) in [
            ("NaijaHomes", "NAIJ", "naijahomes"),
            ("AgriMarket", "AGRI", "agrimarket"),
            ("École", "ECOL", "ecole"),
            ("Ли", "LIXX", "li"),
            ("99", "99XX", "99"),
            ("🎉", "TADA", "tada"),
            ("A & B", "ABXX", "a-b"),
            ("  --x--  ", "XXXX", "x"),
            ("---", "XXXX", "project"),
            ("Straße 7", "STRA", "strasse-7"),
            ("\u{1f1f3}\u{e000}", "NXXX", "n"),
        ] {
            assert_eq!(prefix(name), prefix_of_it, "{name}");
            assert_eq!(slug(name), slug_of_it, "{name}");
        }
    }

    #[test]
    fn digits_make_a_taken_word_unique() {
        let taken = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        for (words, free) in [
            (&[][..], "NAIJ"),
            (&["NAIJ"], "NAIJ2"),
            (&["NAIJ", "NAIJ2", "NAIJ3"], "NAIJ4"),
            (&["NAIJ", "NAIJ3"], "NAIJ2"),
        ] {
            assert_eq!(free_prefix("NAIJ", &taken(words)), free);
        }
        assert_eq!(free_slug("a-b", &taken(&["a-b"])), "a-b-2");
    }

    proptest! {
        #[test]
        fn any_name_has_both_words(name in any::<String>()) {
            let prefix = prefix(&name);
            prop_assert_eq!(prefix.len(), PREFIX_LENGTH);
            prop_assert!(prefix.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
            let slug = slug(&name);
            prop_assert!((1..=SLUG_LENGTH).contains(&slug.len()));
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }

        #[test]
        fn no_two_projects_share_a_word(names in prop::collection::vec("[a-c2]{0,3}(-2)?", 1..40)) {
            let (mut slugs, mut prefixes) = (HashSet::new(), HashSet::new());
            for name in names {
                prop_assert!(slugs.insert(free_slug(&slug(&name), &slugs)));
                prop_assert!(prefixes.insert(free_prefix(&prefix(&name), &prefixes)));
            }
        }
    }
}
