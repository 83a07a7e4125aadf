//! Sessions, one's own account, and everybody's for admins.

use serde_json::{Value::Null, json};

use super::{NOBODYS, Row, call, row, stage::Stage};

pub fn rows(stage: &Stage) -> Vec<Row> {
    let mut rows = sessions(stage);
    rows.extend(own(stage));
    rows.extend(users(stage));
    rows
}

fn sessions(stage: &Stage) -> Vec<Row> {
    let stranger = &stage.stranger;
    let login = json!({"email": stage.agent.email, "password": "password"});
    let new = json!({
        "name": "New", "email": "new@desk.test",
        "password": "password", "password_confirmation": "password",
    });
    let reset = json!({
        "token": stage.reset,
        "password": "new password", "password_confirmation": "new password",
    });
    let asked = json!({"email": stage.agent.email});
    vec![
        row(
            "POST /auth/login",
            call(stranger, "", login, 200),
            call(stranger, "", json!({"email": "x"}), 422),
        ),
        row(
            "POST /auth/register",
            call(stranger, "", new.clone(), 201),
            call(stranger, "", new, 422),
        ),
        row(
            "POST /auth/forgot-password",
            call(stranger, "", asked, 200),
            call(stranger, "", json!({"email": "x"}), 422),
        ),
        row(
            "POST /auth/refresh",
            call(&stage.refreshed, "", json!({}), 200),
            call(&stage.refreshed, "", json!({}), 401),
        ),
        row(
            "POST /auth/logout",
            call(&stage.logged_out, "", json!({}), 200),
            call(&stage.forger, "", json!({}), 401),
        ),
        row(
            "POST /auth/logout-all",
            call(&stage.logged_out_everywhere, "", json!({}), 200),
            call(stranger, "", json!({}), 401),
        ),
        row(
            "POST /auth/reset-password",
            call(stranger, "", reset.clone(), 200),
            call(stranger, "", reset, 422),
        ),
        row(
            "POST /auth/verify-email",
            call(
                &stage.unverified,
                "",
                json!({"token": stage.verification}),
                200,
            ),
            call(&stage.unverified, "", json!({"token": "never made"}), 422),
        ),
    ]
}

fn own(stage: &Stage) -> Vec<Row> {
    let customer = &stage.customer;
    let silence = json!({"status_change": false});
    vec![
        row(
            "GET /auth/me",
            call(customer, "", Null, 200),
            call(&stage.forger, "", Null, 401),
        ),
        row(
            "PUT /auth/profile",
            call(customer, "", json!({"name": "Carol"}), 200),
            call(customer, "", json!({"name": null}), 422),
        ),
        row(
            "PATCH /auth/profile",
            call(customer, "", json!({"phone": "1"}), 200),
            call(
                customer,
                "",
                json!({"password": "password", "password_confirmation": "other"}),
                422,
            ),
        ),
        row(
            "GET /notifications/preferences",
            call(customer, "", Null, 200),
            call(&stage.stranger, "", Null, 401),
        ),
        row(
            "PUT /notifications/preferences",
            call(customer, "", silence.clone(), 200),
            call(customer, "", json!({"reply": "maybe"}), 422),
        ),
        row(
            "PATCH /notifications/preferences",
            call(customer, "", silence, 200),
            call(customer, "", json!({"reply": null}), 422),
        ),
    ]
}

fn users(stage: &Stage) -> Vec<Row> {
    let (root, spare) = (&stage.root, stage.spare_user);
    let new = json!({
        "name": "Ada", "email": "ada@desk.test", "password": "password", "role": "agent",
    });
    vec![
        row(
            "GET /admin/users",
            call(root, "?role=agent&active=1&search=desk", Null, 200),
            call(root, "?role=boss", Null, 422),
        ),
        row(
            "POST /admin/users",
            call(root, "", new, 201),
            call(root, "", json!({"role": "super_admin"}), 422),
        ),
        row(
            "GET /admin/users/{id}",
            call(root, spare, Null, 200),
            call(root, NOBODYS, Null, 404),
        ),
        row(
            "PUT /admin/users/{id}",
            call(root, spare, json!({"name": "Spare"}), 200),
            call(root, spare, json!({"email": "x"}), 422),
        ),
        row(
            "PATCH /admin/users/{id}",
            call(root, spare, json!({"role": "customer"}), 200),
            call(root, root.id, json!({"is_active": false}), 422),
        ),
        row(
            "GET /admin/users/{id}/export",
            call(root, stage.customer.id, Null, 200),
            call(root, NOBODYS, Null, 404),
        ),
        row(
            "DELETE /admin/users/{id}",
            call(root, spare, Null, 200),
            call(root, spare, Null, 404),
        ),
        row(
            "POST /admin/users/{id}/erase",
            call(root, stage.erased_user, json!({}), 200),
            call(root, root.id, json!({}), 422),
        ),
        row(
            "GET /admin/audit",
            call(root, "?target=user&action=user.deleted", Null, 200),
            call(root, "?actor=x", Null, 422),
        ),
    ]
}
