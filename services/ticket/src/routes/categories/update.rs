//! `PUT` and `PATCH /categories/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Patch, Path, Result, Valid, fields, openapi::ErrorBody,
};
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

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct UpdateCategory {
    /// The category to move below, with all that stands below this one; null for a root.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    #[schema(value_type = Option<i64>, minimum = 1)]
    parent_id: Patch<i64>,
    /// At most 255 characters.
    #[serde(default, deserialize_with = "fields::not_null")]
    #[garde(inner(length(chars, min = 1, max = 255)))]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    name: Option<String>,
    /// `#RRGGBB`.
    #[serde(default)]
    #[garde(inner(custom(fields::color)))]
    #[schema(value_type = Option<String>, example = "#EF4444")]
    color: Patch<String>,
    /// What belongs here; at most 65,535 characters.
    #[serde(default)]
    #[garde(inner(length(chars, max = 65_535)))]
    #[schema(value_type = Option<String>, max_length = 65_535)]
    description: Patch<String>,
}

impl UpdateCategory {
    fn apply(self, to: &Category) -> Category {
        let parent_id = self.parent_id.into_option();
        let color = self.color.into_option();
        let description = self.description.into_option();
        Category {
            id: to.id,
            parent_id: parent_id.unwrap_or(to.parent_id),
            name: self.name.unwrap_or_else(|| to.name.clone()),
            color: color.unwrap_or_else(|| to.color.clone()),
            description: description.unwrap_or_else(|| to.description.clone()),
        }
    }
}

/// Changes or moves a category; those below it move along.
#[utoipa::path(
    method(put, patch), path = "/categories/{id}", tag = "Configuration",
    operation_id = "update_category",
    params(("id" = i64, Path, description = "Category id")),
    request_body = UpdateCategory,
    responses(
        (status = 200, description = "The category", body = WrappedCategory),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
        (status = 422, description = "A bad field, no such parent, or one below it", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_categories")))
)]
pub async fn update(
    State(app): State<App>,
    who: Allowed<ManageCategories>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<UpdateCategory>,
) -> Result<Json<WrappedCategory>> {
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    // One change at a time: of two moves that would close a circle the second one sees the first.
    configuration::change(&mut tx).await?;
    let all = configuration::categories(&mut tx).await?;
    let known = all.iter().find(|category| category.id == id);
    let before = known.ok_or(Error::NotFound)?;
    let category = body.apply(before);
    check_place(&all, Some(id), category.parent_id)?;
    if category != *before {
        categories::update(&mut tx, &category, by.at).await?;
        let target = Target::Category(id);
        audit::record(&mut tx, &by, target, Some(before), Some(&category)).await?;
        tx.commit().await?;
        app.bus.wake();
    }
    Ok(Json(WrappedCategory::new(&category, &all)))
}
