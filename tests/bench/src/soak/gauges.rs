//! What the processes tell about themselves at `/metrics`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use hyper::{Request, StatusCode};
use xtask::{service::Service, stack::Stack};

use crate::load::Client;

/// One process at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gauges {
    /// Connections of the database pool that are in use.
    pub used: f64,
    /// Events in the outbox that are not published.
    pub pending: f64,
    /// Seconds since the oldest of them was written.
    pub oldest: f64,
    /// Events that wait for this process's consumers.
    pub lag: f64,
    /// Events that its consumers gave up.
    pub dead: f64,
    /// Answers with a status from 500 on, since the start.
    pub failures: f64,
    /// Lines of the page: each is a series that the process keeps.
    pub series: f64,
}

impl Gauges {
    /// Reads a page in the text format of Prometheus.
    pub fn of(page: &str) -> Self {
        let mut gauges = Self::default();
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let value: f64 = value.parse().unwrap_or_default();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            gauges.series += 1.0;
            match name {
                "db_pool_connections" if labels.contains(r#"state="used""#) => gauges.used += value,
                "outbox_pending" => gauges.pending += value,
                "outbox_oldest_seconds" => gauges.oldest = gauges.oldest.max(value),
                "bus_consumer_lag" => gauges.lag += value,
                "dead_letters" => gauges.dead += value,
                "http_requests_total" if labels.contains(r#"status="5"#) => {
                    gauges.failures += value;
                }
                _ => {}
            }
        }
        gauges
    }

    /// Nothing is under way and nothing waits.
    pub fn idle(&self) -> bool {
        self.used + self.pending + self.lag < 0.5
    }
}

/// Asks all eight processes.
pub struct Watcher {
    clients: BTreeMap<&'static str, Client>,
}

impl Watcher {
    /// Connects to their admin ports.
    ///
    /// # Errors
    /// When one does not listen.
    pub async fn connect(stack: &Stack) -> Result<Self> {
        let mut clients = BTreeMap::new();
        for service in Service::ALL {
            let url = stack.admin_url(service);
            let address = url.trim_start_matches("http://").parse();
            let address = address.with_context(|| format!("{url} is no address"))?;
            clients.insert(service.name(), Client::connect(address).await?);
        }
        Ok(Self { clients })
    }

    /// Asks.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn read(&mut self) -> Result<BTreeMap<&'static str, Gauges>> {
        let mut read = BTreeMap::new();
        for (service, client) in &mut self.clients {
            let call = Request::get("/metrics").header("host", "localhost");
            let page = client.send(call.body(<_>::default())?, StatusCode::OK);
            let page = page.await.with_context(|| format!("{service}'s metrics"))?;
            read.insert(*service, Gauges::of(&String::from_utf8_lossy(&page)));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read() {
        let page = r#"# TYPE http_requests_total counter
http_requests_total{method="GET",route="/tickets",status="200"} 90
http_requests_total{method="GET",route="/tickets",status="503"} 2
http_requests_total{method="GET",route="/5/{status}",status="204"} 7
db_pool_connections{state="idle"} 3
db_pool_connections{state="used"} 2
outbox_pending 4
outbox_oldest_seconds 0.25
bus_consumer_lag{consumer="a"} 5
bus_consumer_lag{consumer="b"} 6

dead_letters 1
"#;
        let gauges = Gauges::of(page);
        let wanted = Gauges {
            used: 2.0,
            pending: 4.0,
            oldest: 0.25,
            lag: 11.0,
            dead: 1.0,
            failures: 2.0,
            series: 10.0,
        };
        assert_eq!(gauges, wanted);
        assert!(!gauges.idle());
        assert!(Gauges::of("dead_letters 1\n").idle());
    }
}
