//! `POST /categories`.

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{Allowed, ClientAddress, Result, Valid, fields, openapi::ErrorBody};
use desk_identity::can::ManageCategories;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::category::{WrappedCategory, check_place};
use crate::{
    App,
    store::{
        audit::{self, Target},
        categories,
        configuration::{self, Category},
    },
};

/// A new category.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateCategory {
    /// The category that it stands below; null for a root.
    #[garde(inner(range(min = 1)))]
    #[schema(minimum = 1)]
    parent_id: Option<i64>,
    /// At most 255 characters.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 255)]
    name: Option<String>,
    /// `#RRGGBB`.
    #[garde(inner(custom(fields::color)))]
    #[schema(example = "#EF4444")]
    color: Option<String>,
    /// What belongs here; at most 65,535 characters.
    #[garde(inner(length(chars, max = 65_535)))]
    #[schema(max_length = 65_535)]
    description: Option<String>,
}

impl CreateCategory {
    fn category(self) -> Category {
        Category {
            id: 0,
            parent_id: self.parent_id,
            name: self.name.unwrap_or_default(),
            color: self.color,
            description: self.description,
        }
    }
}

/// Makes a category.
#[utoipa::path(
    post, path = "/categories", tag = "Configuration", operation_id = "create_category",
    request_body = CreateCategory,
    responses(
        (status = 201, description = "The category", body = WrappedCategory),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 422, description = "A bad field, or no such parent", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_categories")))
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<ManageCategories>,
    address: ClientAddress,
    Valid(body): Valid<CreateCategory>,
) -> Result<(StatusCode, Json<WrappedCategory>)> {
    let mut category = body.category();
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let all = configuration::categories(&mut tx).await?;
    check_place(&all, None, category.parent_id)?;
    category.id = categories::insert(&mut tx, &category, by.at).await?;
    let target = Target::Category(category.id);
    audit::record(&mut tx, &by, target, None, Some(&category)).await?;
    tx.commit().await?;
    app.bus.wake();
    let answer = WrappedCategory::new(&category, &all);
    Ok((StatusCode::CREATED, Json(answer)))
}
