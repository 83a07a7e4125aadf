//! A project's website.

/// A web address, not one of another scheme; for `#[garde(custom(...))]` beside `url`.
///
/// # Errors
/// A sentence for the field.
pub fn check<C>(url: &str, _: &C) -> garde::Result {
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    if matches!(scheme.as_deref(), Some("http" | "https")) {
        Ok(())
    } else {
        Err(garde::Error::new(
            "must be an address that starts with http:// or https://",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_webs_schemes_are_taken() {
        for (url, good) in [
            ("https://naijahomes.example", true),
            ("HTTP://naijahomes.example/a?b=c", true),
            ("ftp://naijahomes.example", false),
            ("javascript:alert(1)//://", false),
            ("naijahomes.example", false),
        ] {
            assert_eq!(check(url, &()).is_ok(), good, "{url}");
        }
    }
}
