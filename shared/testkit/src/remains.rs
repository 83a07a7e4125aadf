//! All that stands in a database, on a bus and in a folder, as text: to find what should have gone.

use std::{fs, path::Path};

use async_nats::jetstream;
use desk_bus::Bus;
use sqlx::{AssertSqlSafe, PgPool};

/// A place, and all that stands there.
pub type Remains = Vec<(String, String)>;

/// Every row of every table.
///
/// # Panics
/// When the database refuses.
pub async fn of_database(db: &PgPool) -> Remains {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(db)
    .await
    .expect("the tables");
    let mut remains = Remains::new();
    for table in tables {
        // Bytes as they would be read, not as hexadecimal digits.
        let sql = format!(
            "select coalesce(string_agg(t::text, E'\\n'), '')
                    || coalesce((select string_agg(encode(envelope, 'escape'), E'\\n')
                                 from public.dead_letters), '')
             from {table} as t"
        );
        let text: String = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(db)
            .await
            .expect("the rows");
        remains.push((table, text));
    }
    remains
}

/// Every message of the stream.
///
/// # Panics
/// When the bus cannot be read.
pub async fn of_stream(bus: &Bus) -> Remains {
    let context = jetstream::new(bus.client().clone());
    let stream = context
        .get_stream(bus.stream_name())
        .await
        .expect("the stream");
    let state = &stream.cached_info().state;
    let mut remains = Remains::new();
    for sequence in state.first_sequence..=state.last_sequence {
        // One by one: some of them may be deleted meanwhile.
        if let Ok(message) = stream.get_raw_message(sequence).await {
            let payload = String::from_utf8_lossy(&message.payload).into_owned();
            remains.push((format!("stream {}", message.subject), payload));
        }
    }
    remains
}

/// Every file of a folder and of those in it, by its path. What goes meanwhile is left out.
///
/// # Panics
/// When a file cannot be read.
pub fn of_folder(folder: &Path) -> Remains {
    let mut remains = Remains::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return remains;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            remains.extend(of_folder(&path));
            continue;
        }
        match fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                remains.push((path.display().to_string(), text));
            }
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
        }
    }
    remains
}

/// Where one of these words still stands, whatever its case.
pub fn found(remains: &Remains, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, text) in remains {
        let text = text.to_lowercase();
        for word in words {
            if text.contains(&word.to_lowercase()) {
                found.push(format!("{word} in {place}"));
            }
        }
    }
    found
}
