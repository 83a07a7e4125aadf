//! What a file is, by its first bytes: neither its name nor what the client says is believed.

/// So many of the first bytes tell.
pub const TELLING: usize = 8 * 1024;

/// The media type of a file that begins like this.
pub fn sniff(head: &[u8]) -> &'static str {
    if let Some(kind) = infer::get(head) {
        kind.mime_type()
    } else if is_text(head) {
        "text/plain"
    } else {
        "application/octet-stream"
    }
}

/// UTF-8 without control characters; the last character may be cut off.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let whole = head.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty()
        && !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        for (head, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04\x14\0\0\0", "application/zip"),
            (b"<!DOCTYPE html><script>", "text/html"),
            (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
            (b"a,b\r\n1,2\r\n", "text/plain"),
            ("Grüße \u{1f600}".as_bytes(), "text/plain"),
            (&"é".as_bytes()[..1], "application/octet-stream"),
            (b"abc\xc3", "text/plain"),
            (b"a\0b", "application/octet-stream"),
            (b"\xfe\xff\0a", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(sniff(head), kind, "{head:?}");
        }
    }
}
