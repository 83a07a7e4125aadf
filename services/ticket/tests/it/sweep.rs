//! What requests that died half-way left in the store.

use desk_testkit::{Form, eventually};
use serde_json::json;
use time::Duration;

use crate::{
    attachments::objects,
    desk::{Desk, NAIJA},
};

#[tokio::test]
async fn what_no_row_names_is_swept_away_after_an_hour() {
    let desk = Desk::start().await;
    let form = Form::default()
        .text("project_id", &NAIJA.to_string())
        .text("subject", "Broken")
        .text("description", "x")
        .file("attachments[]", "kept", b"kept");
    let filed = desk.tunde().post_form("/tickets", form).await.expect(201);
    let orphans = desk.folder.path().join("files/zz");
    std::fs::create_dir_all(&orphans).unwrap();
    for name in ["orphan", "broken-off#1"] {
        std::fs::write(orphans.join(name), "x").unwrap();
    }
    desk.run();
    let swept = async || {
        let swept = sqlx::query_scalar("select count(*) from chores where name = 'sweep'");
        let count: i64 = swept.fetch_one(&desk.db).await.unwrap();
        count == 1
    };
    eventually(swept).await;
    assert_eq!(objects(&desk), 3);

    // A process that starts an hour later.
    desk.advance(Duration::minutes(61));
    desk.run();
    eventually(async || objects(&desk) == 1).await;
    let path = format!("/attachments/{}", filed["ticket"]["attachments"][0]["id"]);
    assert_eq!(desk.tunde().get(&path).await.expect(200), json!("kept"));
}
