//! Sending a file: never shown in the page, whatever it is, and in parts where they are asked for.

use std::{fmt::Write as _, ops::Range};

use axum::{
    Json,
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
            CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use desk_http::{Error, Result, openapi::ErrorBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    App,
    domain::{
        Scope,
        range::{self, Wanted},
    },
    store::attachments::{self, Stored},
};

/// What stands for itself in an extended parameter (RFC 5987, `attr-char`).
const NOT_PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Sends a file that the caller may know of.
///
/// # Errors
/// 404 when there is none, 503 when the store is out of reach.
pub async fn send(app: &App, id: i64, scope: &Scope, asked: &HeaderMap) -> Result<Response> {
    let found = attachments::visible(&mut *app.db.acquire().await?, id, scope).await?;
    let file = found.ok_or(Error::NotFound)?;
    let size = u64::try_from(file.size).unwrap_or_default();
    let etag = HeaderValue::from_str(&format!("\"{id}\"")).ok();
    let (status, part) = match range::wanted(range_header(asked, etag.as_ref()), size) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Unsatisfiable => return Ok(unsatisfiable(size)),
    };
    let bytes = app.files.read(&file.object, part.clone()).await?;
    let mut response = (status, Body::from_stream(bytes)).into_response();
    describe(response.headers_mut(), &file);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    if status == StatusCode::PARTIAL_CONTENT {
        set(headers, CONTENT_RANGE, &content_range(&part, size));
    }
    if let Some(etag) = etag {
        headers.insert(ETAG, etag);
    }
    Ok(response)
}

/// The range that is asked for, of the file that the client knows: files never change.
fn range_header<'a>(asked: &'a HeaderMap, etag: Option<&HeaderValue>) -> Option<&'a str> {
    let known = asked.get(IF_RANGE);
    asked
        .get(RANGE)
        .filter(|_| known.is_none() || known == etag)
        .and_then(|range| range.to_str().ok())
}

fn describe(headers: &mut HeaderMap, file: &Stored) {
    set(headers, CONTENT_TYPE, &file.content_type);
    set(headers, CONTENT_DISPOSITION, &disposition(&file.name));
    for (name, value) in [
        (ACCEPT_RANGES, "bytes"),
        (CACHE_CONTROL, "private, no-cache"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn content_range(part: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1))
}

fn unsatisfiable(size: u64) -> Response {
    let body = ErrorBody {
        error: "The file has no such bytes.".to_owned(),
        details: None,
    };
    let mut response = (StatusCode::RANGE_NOT_SATISFIABLE, Json(body)).into_response();
    let whole = format!("bytes */{size}");
    set(response.headers_mut(), CONTENT_RANGE, &whole);
    response
}

/// The name in two ways (RFC 6266): ASCII for old clients, and as it is.
fn disposition(name: &str) -> String {
    let mut header = String::from("attachment; filename=\"");
    header.extend(name.chars().map(|c| match c {
        '"' | '\\' | '%' | '/' => '_',
        ' '..='~' => c,
        _ => '_',
    }));
    // Writing to a string cannot fail.
    let _ = write!(
        header,
        "\"; filename*=UTF-8''{}",
        utf8_percent_encode(name, NOT_PLAIN)
    );
    header
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_name_survives_in_the_header() {
        for (name, header) in [
            (
                "a b.txt",
                "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt",
            ),
            (
                "Übung \"1\".pdf",
                "attachment; filename=\"_bung _1_.pdf\"; filename*=UTF-8''%C3%9Cbung%20%221%22.pdf",
            ),
            (
                "../../etc/passwd",
                "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd",
            ),
            (
                "a\r\nX-Evil: 1",
                "attachment; filename=\"a__X-Evil: 1\"; filename*=UTF-8''a%0D%0AX-Evil%3A%201",
            ),
        ] {
            assert_eq!(disposition(name), header);
            assert!(HeaderValue::from_str(&disposition(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_range_of_another_file_is_not_sent() {
        let etag = HeaderValue::from_static("\"7\"");
        let mut asked = HeaderMap::new();
        asked.insert(RANGE, HeaderValue::from_static("bytes=0-1"));
        assert_eq!(range_header(&asked, Some(&etag)), Some("bytes=0-1"));
        for (known, range) in [("\"7\"", Some("bytes=0-1")), ("\"8\"", None)] {
            asked.insert(IF_RANGE, HeaderValue::from_static(known));
            assert_eq!(range_header(&asked, Some(&etag)), range);
        }
    }

    proptest! {
        #[test]
        fn any_name_comes_back_from_the_header(name in any::<String>()) {
            let header = disposition(&name);
            prop_assert!(HeaderValue::from_str(&header).is_ok());
            let (plain, extended) = header.split_once("\"; filename*=UTF-8''").unwrap();
            let plain = plain.strip_prefix("attachment; filename=\"").unwrap();
            prop_assert!(!plain.contains(['"', '\\', '/']));
            let again = percent_encoding::percent_decode_str(extended).decode_utf8().unwrap();
            prop_assert_eq!(again, name);
        }
    }
}
