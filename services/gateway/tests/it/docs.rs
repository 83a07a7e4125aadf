//! The try-it page and its files.

use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use reqwest::Method;

use crate::world::World;

/// The addresses that a page loads: `src` and `href`.
fn loads(page: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[tokio::test]
async fn the_page_and_its_files_come_from_here() {
    let world = World::start(&[]).await;
    let get = |path: &str| world.request(Method::GET, path).send();
    let page = get("/api/docs").await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers()[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'"));
    let page = page.text().await.unwrap();
    for text in [&policy, &page] {
        assert!(!text.contains("//"), "names a host: {text}");
    }

    let files: Vec<&str> = loads(&page);
    assert_eq!(files.len(), 5, "{files:?}");
    for path in files
        .into_iter()
        .filter(|path| path.starts_with("/api/docs/"))
    {
        let file = get(path).await.unwrap();
        assert_eq!(file.status(), 200, "{path}");
        let kind = match path.rsplit('.').next() {
            Some("css") => "text/css",
            _ => "text/javascript",
        };
        let told = file.headers()[CONTENT_TYPE].to_str().unwrap();
        assert!(told.starts_with(kind), "{path}: {told}");
        let versioned = path.contains("swagger-ui-");
        let kept = file.headers()[CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable");
        assert_eq!(kept, versioned, "{path}");
        assert_eq!(
            file.headers().contains_key(CONTENT_ENCODING),
            versioned,
            "{path}"
        );

        let tag = file.headers()[ETAG].clone();
        let again = world.request(Method::GET, path).header(IF_NONE_MATCH, tag);
        let again = again.send().await.unwrap();
        assert_eq!(again.status(), 304, "{path}");
        assert!(again.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn nothing_else_is_there_and_nobody_gets_what_cannot_be_read() {
    let world = World::start(&[]).await;
    let lost = world.request(Method::GET, "/api/docs/swagger-ui.js");
    world.send(lost).await.refused(404);
    let plain = world
        .request(Method::GET, "/api/docs/swagger-ui-5.35.0.js")
        .header("accept-encoding", "identity");
    world.send(plain).await.refused(406);
}
