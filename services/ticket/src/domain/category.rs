//! Where a category may stand in the tree.

use std::collections::HashMap;

/// The most levels of the tree, which is answered as JSON nested as deeply.
pub const LEVELS: usize = 20;

/// Why a category may not stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    /// There is no such parent.
    Unknown,
    /// The parent is the category itself, or below it.
    Cycle,
    /// More levels than [`LEVELS`].
    TooDeep,
}

impl Misplaced {
    /// A sentence for people.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unknown => "There is no such category.",
            Self::Cycle => "A category cannot stand below itself.",
            Self::TooDeep => "The tree has 20 levels at most.",
        }
    }
}

/// May the category (`None`: a new one), with all below it, stand right below this parent? `tree`
/// names each category's parent and has no cycle.
///
/// # Errors
/// Why not.
pub fn place(
    tree: &HashMap<i64, Option<i64>>,
    id: Option<i64>,
    parent: Option<i64>,
) -> Result<(), Misplaced> {
    let Some(parent) = parent else {
        return Ok(());
    };
    if !tree.contains_key(&parent) {
        return Err(Misplaced::Unknown);
    }
    if upwards(tree, parent).any(|above| Some(above) == id) {
        return Err(Misplaced::Cycle);
    }
    if upwards(tree, parent).count() + height(tree, id) > LEVELS {
        return Err(Misplaced::TooDeep);
    }
    Ok(())
}

/// A category and those above it.
fn upwards(tree: &HashMap<i64, Option<i64>>, id: i64) -> impl Iterator<Item = i64> {
    std::iter::successors(Some(id), |id| tree.get(id).copied().flatten())
}

/// Levels from a category downwards, its own included.
fn height(tree: &HashMap<i64, Option<i64>>, id: Option<i64>) -> usize {
    let down_to = |below: &i64| upwards(tree, *below).position(|above| Some(above) == id);
    let deepest = tree.keys().filter_map(down_to).max();
    1 + deepest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_stands_where_no_cycle_comes_of_it() {
        // 1 > 2 > 3, and 4.
        let tree = HashMap::from([(1, None), (2, Some(1)), (3, Some(2)), (4, None)]);
        for (id, parent, placed) in [
            (None, None, Ok(())),
            (None, Some(3), Ok(())),
            (None, Some(9), Err(Misplaced::Unknown)),
            (Some(1), None, Ok(())),
            (Some(3), Some(1), Ok(())),
            (Some(4), Some(3), Ok(())),
            (Some(1), Some(4), Ok(())),
            (Some(1), Some(1), Err(Misplaced::Cycle)),
            (Some(1), Some(2), Err(Misplaced::Cycle)),
            (Some(1), Some(3), Err(Misplaced::Cycle)),
            (Some(2), Some(3), Err(Misplaced::Cycle)),
            (Some(2), Some(9), Err(Misplaced::Unknown)),
        ] {
            assert_eq!(place(&tree, id, parent), placed, "{id:?} below {parent:?}");
        }
    }

    #[test]
    fn a_branch_moves_only_where_all_of_it_fits() {
        let levels = i64::try_from(LEVELS).unwrap();
        let mut tree: HashMap<i64, Option<i64>> = (1..=levels)
            .map(|id| (id, (id > 1).then(|| id - 1)))
            .collect();
        tree.extend([(100, None), (101, Some(100))]);
        for (id, parent, placed) in [
            (None, Some(levels), Err(Misplaced::TooDeep)),
            (None, Some(levels - 1), Ok(())),
            (Some(101), Some(levels - 1), Ok(())),
            (Some(100), Some(levels - 1), Err(Misplaced::TooDeep)),
            (Some(100), Some(levels - 2), Ok(())),
        ] {
            assert_eq!(place(&tree, id, parent), placed, "{id:?} below {parent:?}");
        }
    }
}
