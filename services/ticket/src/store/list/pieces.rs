//! What of a search its index is asked for.

/// So many words at most: the longest, of which there are the fewest.
const WORDS: usize = 3;
/// So many letters of the only word.
const LETTERS: usize = 5;
/// So many of each of several, which rule each other out.
const LETTERS_OF_EACH: usize = 4;
/// Shorter words are no help.
const SHORTEST: usize = 3;

/// The beginnings of the longest words, in the order of the search: what has it has them. The index
/// walks a list for every three letters in a row, and for those about the end of a word lists that
/// are long and tell little: three words asked for whole took four times as long, and five letters of
/// each of two half as long again as four. None for a search without words.
pub(super) fn pieces(search: &str) -> Vec<String> {
    let mut words: Vec<(usize, &str)> = search
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() >= SHORTEST)
        .enumerate()
        .collect();
    words.sort_by_key(|(_, word)| std::cmp::Reverse(word.chars().count()));
    words.truncate(WORDS);
    words.sort_unstable();
    let letters = if words.len() > 1 {
        LETTERS_OF_EACH
    } else {
        LETTERS
    };
    let beginning = |(_, word): (usize, &str)| word.chars().take(letters).collect();
    words.into_iter().map(beginning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_words_begin_so() {
        for (search, wanted) in [
            ("certificate", vec!["certi"]),
            ("Invoice is missing", vec!["Invo", "miss"]),
            ("ngozi.okafor@", vec!["ngoz", "okaf"]),
            ("my card was charged twice!", vec!["card", "char", "twic"]),
            ("fünfzehn", vec!["fünfz"]),
            ("AML-2026-00042", vec!["AML", "2026", "0004"]),
            ("n° 7%", vec![]),
            ("...", vec![]),
        ] {
            assert_eq!(pieces(search), wanted, "{search}");
        }
    }
}
