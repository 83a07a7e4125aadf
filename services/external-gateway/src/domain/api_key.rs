//! A verified key, and what it admits at this moment.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use time::OffsetDateTime;

/// A key that project has verified.
#[derive(Debug, Clone, Deserialize)]
pub struct ApiKey {
    /// The key's id.
    #[serde(rename = "key_id")]
    pub id: i64,
    /// The key's project.
    pub project: Project,
    /// Networks it may be used from; none: any.
    pub allowed_ips: Vec<IpNet>,
    /// From when on it is dead.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub expires_at: Option<OffsetDateTime>,
}

/// The project of a key, as far as it matters here.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: i64,
}

impl ApiKey {
    /// Whether the key may be used from this address now. Asked with every request: neither a
    /// cache nor a project service that is down makes a key live longer or reach further.
    pub fn admits(&self, address: IpAddr, now: OffsetDateTime) -> bool {
        let address = address.to_canonical();
        let alive = self.expires_at.is_none_or(|end| now < end);
        let near = self.allowed_ips.is_empty()
            || self
                .allowed_ips
                .iter()
                .any(|network| network.contains(&address));
        alive && near
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::{Duration, macros::datetime};

    use super::*;

    const END: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);

    #[test]
    fn a_key_admits_by_time_and_address() {
        let any = json!([]);
        let some = json!(["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"]);
        for (allowed, end, address, seconds, admitted) in [
            (&any, json!(null), "1.2.3.4", 0, true),
            (&any, json!("2027-01-01T00:00:00Z"), "1.2.3.4", -1, true),
            (&any, json!("2027-01-01T00:00:00Z"), "1.2.3.4", 0, false),
            (&some, json!(null), "203.0.113.7", 0, true),
            (&some, json!(null), "203.0.113.8", 0, false),
            (&some, json!(null), "10.9.8.7", 0, true),
            (&some, json!(null), "::ffff:10.9.8.7", 0, true),
            (&some, json!(null), "2001:db8:1::1", 0, true),
            (&some, json!(null), "2001:db9::1", 0, false),
            (&some, json!("2027-01-01T00:00:00Z"), "10.9.8.7", 1, false),
        ] {
            let key: ApiKey = serde_json::from_value(
                json!({"key_id": 1, "project": {"id": 1}, "allowed_ips": allowed, "expires_at": end}),
            )
            .unwrap();
            let now = END + Duration::seconds(seconds);
            assert_eq!(
                key.admits(address.parse().unwrap(), now),
                admitted,
                "{address} {seconds} {end}"
            );
        }
    }
}
