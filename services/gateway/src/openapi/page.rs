//! `GET /api/docs`: the document to read and to try out in a browser. Everything that the page
//! needs is in this program; its policy lets it ask no other host for anything.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use desk_http::{Error, Path, openapi::ErrorBody};
use http::{
    HeaderMap, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
        ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};

/// Where the page is.
pub const PATH: &str = "/api/docs";
/// Where its files are.
pub const FILES: &str = "/api/docs/{file}";

/// Only this origin; styles are also set on elements, and small pictures written in the style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// A file of the page, in the program.
struct File {
    name: &'static str,
    content_type: &'static str,
    /// Files with a version in their name never change; others are asked for anew each time.
    cache: &'static str,
    is_gzip: bool,
    bytes: &'static [u8],
    etag: String,
}

const KEPT: &str = "public, max-age=31536000, immutable";
const ASKED_ANEW: &str = "no-cache";

static PAGE: LazyLock<File> = LazyLock::new(|| {
    let bytes = include_bytes!("../../assets/docs.html");
    File::new("", "text/html; charset=utf-8", ASKED_ANEW, bytes)
});

static PARTS: LazyLock<[File; 3]> = LazyLock::new(|| {
    let script = "text/javascript; charset=utf-8";
    let bundle = include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz");
    let styles = include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz");
    [
        File::new("swagger-ui-5.35.0.js", script, KEPT, bundle),
        File::new(
            "swagger-ui-5.35.0.css",
            "text/css; charset=utf-8",
            KEPT,
            styles,
        ),
        File::new(
            "start.js",
            script,
            ASKED_ANEW,
            include_bytes!("../../assets/docs.js"),
        ),
    ]
});

impl File {
    fn new(
        name: &'static str,
        content_type: &'static str,
        cache: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self {
            name,
            content_type,
            cache,
            is_gzip: bytes.starts_with(&[0x1f, 0x8b]),
            bytes,
            etag: format!("\"{:016x}\"", hasher.finish()),
        }
    }

    fn answer(&'static self, asked: &HeaderMap) -> Response {
        let known = asked.get(IF_NONE_MATCH);
        let tags = known
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut response = if tags.split(',').any(|tag| tag.trim() == self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if self.is_gzip && !takes_gzip(asked) {
            return not_acceptable();
        } else {
            let kind = [(CONTENT_TYPE, self.content_type)];
            let mut response = (kind, self.bytes).into_response();
            if self.is_gzip {
                let coding = http::HeaderValue::from_static("gzip");
                response.headers_mut().insert(CONTENT_ENCODING, coding);
            }
            response
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (CACHE_CONTROL, self.cache),
            (CONTENT_SECURITY_POLICY, POLICY),
            (REFERRER_POLICY, "no-referrer"),
            (VARY, "accept-encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        if let Ok(etag) = self.etag.parse() {
            headers.insert(ETAG, etag);
        }
        response
    }
}

/// Whether a client can read gzip: one that does not say can read anything (RFC 9110, 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let mut said = asked.get_all(ACCEPT_ENCODING).iter().peekable();
    said.peek().is_none()
        || said
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|coding| {
                let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
                let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
                matches!(name.trim(), "gzip" | "x-gzip" | "*") && !refused
            })
}

fn not_acceptable() -> Response {
    let body = ErrorBody {
        error: "The file is only there as gzip.".to_owned(),
        details: None,
    };
    (StatusCode::NOT_ACCEPTABLE, Json(body)).into_response()
}

/// This document, to read and to try out
///
/// A page for browsers; everything that it needs comes from this desk.
#[utoipa::path(
    get,
    path = PATH,
    tag = "Document",
    operation_id = "docs",
    responses(
        (status = 200, description = "The page", content_type = "text/html", body = String),
        (status = 304, description = "The page that the client has"),
    ),
    security(()),
)]
pub async fn page(headers: HeaderMap) -> Response {
    PAGE.answer(&headers)
}

/// A file that the page needs.
pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match PARTS.iter().find(|file| file.name == name) {
        Some(file) => file.answer(&headers),
        None => Error::NotFound.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_refuse_gzip() {
        for (said, takes) in [
            (None, true),
            (Some("gzip, deflate, br"), true),
            (Some("br;q=1.0, gzip;q=0.5"), true),
            (Some("*"), true),
            (Some("gzip;q=0"), false),
            (Some("identity"), false),
            (Some(""), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(said) = said {
                headers.insert(ACCEPT_ENCODING, said.parse().unwrap());
            }
            assert_eq!(takes_gzip(&headers), takes, "{said:?}");
        }
    }
}
