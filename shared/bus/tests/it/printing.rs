//! The stream in readable lines.

use desk_bus::print;

use crate::desk::{Desk, count};

async fn lines(desk: &Desk, subject: Option<&str>) -> Vec<String> {
    let mut out = Vec::new();
    print::write(&desk.bus, false, subject, &mut out)
        .await
        .unwrap();
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_stream_is_printed_and_then_it_ends() {
    let desk = Desk::open().await;
    assert!(lines(&desk, None).await.is_empty());

    desk.say(&[count(7, 1, 12)]).await;
    desk.say_raw("user.created", 5, 1, r#"{"role": "agent", "name": "Ada"}"#)
        .await;
    desk.bus.relay(desk.pool.clone(), desk.stop.clone());
    desk.published().await;
    let all = lines(&desk, None).await;
    assert_eq!(all.len(), 2);
    let first: Vec<&str> = all[0].split_whitespace().collect();
    assert_eq!(
        first,
        [
            "2024-04-21T09:00:00Z",
            "project.counted",
            "project_count:7#1",
            "project=7",
            "tickets=12"
        ]
    );
    assert!(all[1].contains("role=agent") && !all[1].contains("Ada"));
    assert_eq!(lines(&desk, Some("user.*")).await, all[1..]);
}
