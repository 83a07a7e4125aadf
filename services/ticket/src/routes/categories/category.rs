//! A category as it is answered, and what is checked whenever one is saved.

use desk_http::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::category::{self, Misplaced},
    store::configuration::Category,
};

/// A category with those below it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryNode {
    /// Category id.
    id: i64,
    /// Its parent.
    parent_id: Option<i64>,
    /// Its name.
    name: String,
    /// `#RRGGBB`.
    color: Option<String>,
    /// What belongs here.
    description: Option<String>,
    /// Those below it.
    #[schema(no_recursion)]
    children: Vec<Self>,
}

impl CategoryNode {
    /// The category among all there are.
    pub fn new(category: &Category, all: &[Category]) -> Self {
        Self {
            id: category.id,
            parent_id: category.parent_id,
            name: category.name.clone(),
            color: category.color.clone(),
            description: category.description.clone(),
            children: Self::below(Some(category.id), all),
        }
    }

    /// The categories right below one, each with those below it. The table allows no cycles.
    pub fn below(parent_id: Option<i64>, all: &[Category]) -> Vec<Self> {
        all.iter()
            .filter(|category| category.parent_id == parent_id)
            .map(|category| Self::new(category, all))
            .collect()
    }
}

/// One category.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedCategory {
    /// The category.
    category: CategoryNode,
}

impl WrappedCategory {
    /// The category among all there are.
    pub fn new(category: &Category, all: &[Category]) -> Self {
        Self {
            category: CategoryNode::new(category, all),
        }
    }
}

/// The category must fit where it is to stand; called while nobody else changes the configuration.
pub fn check_place(all: &[Category], id: Option<i64>, parent_id: Option<i64>) -> Result<()> {
    let tree = all
        .iter()
        .map(|category| (category.id, category.parent_id))
        .collect();
    category::place(&tree, id, parent_id)
        .map_err(|misplaced: Misplaced| Error::field("parent_id", misplaced.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_hang_below_their_parent() {
        let category = |id: i64, parent_id: Option<i64>| Category {
            id,
            parent_id,
            name: format!("c{id}"),
            color: None,
            description: None,
        };
        let all = [
            category(1, None),
            category(2, Some(1)),
            category(3, Some(2)),
            category(4, None),
        ];
        let roots = CategoryNode::below(None, &all);
        assert_eq!(roots.len(), 2);
        assert_eq!(roots[0].children[0].children[0].id, 3);
        assert!(roots[1].children.is_empty());
    }
}
