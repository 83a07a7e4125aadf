//! `DELETE /categories/{id}`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageCategories;

use crate::{
    App,
    store::{
        audit::{self, Target},
        categories,
        configuration::{self, Category},
    },
};

/// Deletes a category. Those right below it move to its parent, its tickets go on showing it.
#[utoipa::path(
    delete, path = "/categories/{id}", tag = "Configuration", operation_id = "delete_category",
    params(("id" = i64, Path, description = "Category id")),
    responses(
        (status = 200, description = "Done", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_categories")))
)]
pub async fn delete(
    State(app): State<App>,
    who: Allowed<ManageCategories>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let by = app.by(&who.user, address);
    let mut tx = app.db.begin().await?;
    configuration::change(&mut tx).await?;
    let all = configuration::categories(&mut tx).await?;
    let known = all.iter().find(|category| category.id == id);
    let gone = known.ok_or(Error::NotFound)?;
    for child in all.iter().filter(|child| child.parent_id == Some(id)) {
        let moved = Category {
            parent_id: gone.parent_id,
            ..child.clone()
        };
        categories::update(&mut tx, &moved, by.at).await?;
        let target = Target::Category(child.id);
        audit::record(&mut tx, &by, target, Some(child), Some(&moved)).await?;
    }
    categories::delete(&mut tx, gone.clone(), by.at).await?;
    audit::record(&mut tx, &by, Target::Category(id), Some(gone), None).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Category deleted",
    }))
}
