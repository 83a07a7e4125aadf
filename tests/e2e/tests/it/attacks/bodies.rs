//! Bodies that are small to send and large to read, or read by nobody as they were meant.

use std::fmt::Write as _;

use desk_testkit::{Answer, Form};
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::Scene;

const MIB: usize = 1024 * 1024;

pub async fn are_refused(scene: &Scene) {
    json(scene).await;
    forms(scene).await;
}

/// What no parser should be led into.
async fn json(scene: &Scene) {
    let send = async |kind: &'static str, encoding: &str, body: String| {
        let mut who = scene.customer.clone().with_header("content-type", kind);
        if !encoding.is_empty() {
            who = who.with_header("content-encoding", encoding);
        }
        who.send(Method::POST, "/tickets", Some(body)).await
    };
    let json = "application/json";
    let ticket = |fields: &str| {
        let project = scene.project.id;
        format!(r#"{{"project_id":{project},"subject":"s","description":"d",{fields}}}"#)
    };
    let nested = |depth: usize| {
        format!(
            r#""metadata":{{"a":{}1{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    let names = (0..20_000).fold(String::new(), |mut names, name| {
        let _ = write!(names, r#""{name:030}":0,"#);
        names
    });
    for (what, encoding, body, status) in [
        ("compressed", "gzip", "\x1f\u{8b}\x08".to_owned(), 415),
        ("compressed twice", "gzip, br", "{}".to_owned(), 415),
        (
            "compressed by name alone",
            "deflate",
            ticket(r#""x":1"#),
            415,
        ),
        ("as it is", "identity", ticket(r#""x":1"#), 201),
        ("nested without end", "", "[".repeat(MIB / 2), 400),
        ("nested too deep", "", ticket(&nested(100)), 422),
        (
            "a huge number",
            "",
            ticket(&format!(r#""category_id":1{}"#, "0".repeat(30))),
            422,
        ),
        ("a huge fraction", "", ticket(r#""category_id":1e400"#), 400),
        ("the last of two counts", "", ticket(r#""subject":"""#), 422),
        ("many fields", "", ticket(&format!(r#"{names}"x":1"#)), 201),
        (
            "a huge name",
            "",
            ticket(&format!(r#""{}":1"#, "x".repeat(MIB / 2))),
            201,
        ),
        (
            "too large",
            "",
            ticket(&format!(r#""x":"{}""#, "x".repeat(2 * MIB))),
            413,
        ),
    ] {
        let answer = send(json, encoding, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    let answer = send(
        "text/xml",
        "",
        r#"<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>"#.to_owned(),
    )
    .await;
    assert_eq!(answer.status, 415, "{}", answer.body);
}

/// Forms of more parts, longer names and longer heads than a form has.
async fn forms(scene: &Scene) {
    let fields = |form: Form, count: usize| {
        (0..count).fold(form, |form, number| form.text(&format!("f{number}"), ""))
    };
    let ticket = || {
        Form::default()
            .text("project_id", &scene.project.id.to_string())
            .text("subject", "s")
            .text("description", "d")
    };
    for (what, form, status) in [
        ("fifty fields more", fields(ticket(), 50), 201),
        ("many parts", fields(ticket(), 5000), 413),
        ("long names", ticket().text(&"n".repeat(2 * MIB), ""), 400),
        (
            "a long name of a file",
            ticket().file("attachments[]", &"n".repeat(MIB), b"x"),
            400,
        ),
        ("a long text", ticket().text("x", &"n".repeat(2 * MIB)), 413),
    ] {
        let answer = scene.customer.post_form("/tickets", form).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    let answer = endless_head(scene).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

/// A part whose head has no end, as long as an upload may be.
async fn endless_head(scene: &Scene) -> Answer {
    let who = scene
        .customer
        .clone()
        .with_header("content-type", Form::CONTENT_TYPE);
    let boundary = Form::CONTENT_TYPE.rsplit('=').next().unwrap();
    let head = format!("--{boundary}\r\nx: {}", "x".repeat(60 * MIB));
    who.send(Method::POST, "/tickets", Some(head)).await
}

/// Several of the largest at the same time.
pub async fn at_once(scene: &Scene) {
    for answer in join_all((0..3).map(|_| endless_head(scene))).await {
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    let large = json!({"email": "x".repeat(MIB - 100), "password": "x"});
    for answer in join_all((0..8).map(|_| scene.admin.post("/auth/login", large.clone()))).await {
        assert_eq!(answer.status, 422, "{}", answer.body);
    }
}
