//! The arithmetic of sequences: what is missing, and how to ask for it.

use super::wire::{EVENTS, SPANS, Span};

/// The stretches of `1..=head` that none of these (inclusive) stretches covers. Sorts them.
pub(crate) fn gaps(head: i64, covered: &mut [(i64, i64)]) -> Vec<(i64, i64)> {
    covered.sort_unstable();
    let (mut gaps, mut next) = (Vec::new(), 1);
    for &(first, last) in covered.iter() {
        if first > head {
            break;
        }
        if first > next {
            gaps.push((next, first - 1));
        }
        next = next.max(last.saturating_add(1));
    }
    if next <= head {
        gaps.push((next, head));
    }
    gaps
}

/// Cuts spans into requests that an owner takes, in their order.
pub(crate) fn requests(spans: &[Span]) -> Vec<Vec<Span>> {
    let (mut requests, mut request, mut events) = (Vec::new(), Vec::new(), 0);
    for piece in spans.iter().flat_map(pieces) {
        if request.len() == SPANS || events + piece.events() > EVENTS {
            requests.push(std::mem::take(&mut request));
            events = 0;
        }
        events += piece.events();
        request.push(piece);
    }
    if !request.is_empty() {
        requests.push(request);
    }
    requests
}

/// A span in pieces of a request's size at most.
fn pieces(span: &Span) -> impl Iterator<Item = Span> {
    let Span { id, first, last } = *span;
    let starts = std::iter::successors(Some(first), move |start| {
        start.checked_add(EVENTS).filter(|next| *next <= last)
    });
    starts.map(move |first| Span {
        id,
        first,
        last: last.min(first.saturating_add(EVENTS - 1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_covers_is_a_gap() {
        type Ranges = &'static [(i64, i64)];
        let table: &[(i64, Ranges, Ranges)] = &[
            (3, &[], &[(1, 3)]),
            (3, &[(1, 3)], &[]),
            (3, &[(1, 9)], &[]),
            (5, &[(1, 2)], &[(3, 5)]),
            (5, &[(2, 2), (4, 4)], &[(1, 1), (3, 3), (5, 5)]),
            (5, &[(4, 5), (1, 3)], &[]),
            (5, &[(1, 3), (2, 2), (3, 4)], &[(5, 5)]),
            (5, &[(7, 9)], &[(1, 5)]),
            (0, &[], &[]),
        ];
        for (head, covered, expected) in table {
            assert_eq!(
                &gaps(*head, &mut covered.to_vec()),
                expected,
                "{head} {covered:?}"
            );
        }
    }

    #[test]
    fn requests_are_bounded_by_spans_and_by_events() {
        let span = |id, first, last| Span { id, first, last };
        let many: Vec<Span> = (1..=501).map(|id| span(id, 1, 1)).collect();
        let sizes: Vec<usize> = requests(&many).iter().map(Vec::len).collect();
        assert_eq!(sizes, [500, 1]);

        assert_eq!(
            requests(&[span(1, 1, 3), span(2, 1, 12_000), span(3, 4, 4)]),
            [
                vec![span(1, 1, 3)],
                vec![span(2, 1, 5_000)],
                vec![span(2, 5_001, 10_000)],
                vec![span(2, 10_001, 12_000), span(3, 4, 4)],
            ]
        );
        assert!(requests(&[]).is_empty());
    }
}
