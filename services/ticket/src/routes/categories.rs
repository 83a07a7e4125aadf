//! `GET /categories`.

use axum::{Json, extract::State};
use desk_http::{Result, SignedIn, openapi::ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App,
    store::configuration::{self, Category},
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

/// The category tree.
#[derive(Debug, Serialize, ToSchema)]
pub struct Categories {
    /// The roots.
    categories: Vec<CategoryNode>,
}

/// All categories as a tree.
#[utoipa::path(
    get, path = "/categories", tag = "Configuration",
    responses(
        (status = 200, description = "The tree", body = Categories),
        (status = 401, description = "Not signed in", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn list(State(app): State<App>, _: SignedIn) -> Result<Json<Categories>> {
    let mut conn = app.db.acquire().await?;
    let categories = configuration::categories(&mut conn).await?;
    Ok(Json(Categories {
        categories: below(None, &categories),
    }))
}

/// The categories right below one, each with those below it. The table allows no cycles.
fn below(parent_id: Option<i64>, all: &[Category]) -> Vec<CategoryNode> {
    all.iter()
        .filter(|category| category.parent_id == parent_id)
        .map(|category| CategoryNode {
            id: category.id,
            parent_id: category.parent_id,
            name: category.name.clone(),
            color: category.color.clone(),
            description: category.description.clone(),
            children: below(Some(category.id), all),
        })
        .collect()
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
        let roots = below(None, &all);
        assert_eq!(roots.len(), 2);
        assert_eq!(roots[0].children[0].children[0].id, 3);
        assert!(roots[1].children.is_empty());
    }
}
