//! Slugs and prefixes: from the name, unique, for good.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::world::World;

async fn words(world: &World, name: &str) -> (String, String) {
    let made = world
        .admin()
        .post("/admin/projects", json!({ "name": name }))
        .await
        .expect(201);
    pair(&made)
}

fn pair(made: &Value) -> (String, String) {
    let word = |field: &str| made["project"][field].as_str().unwrap().to_owned();
    (word("slug"), word("prefix"))
}

#[tokio::test]
async fn any_name_makes_a_slug_and_a_prefix() {
    let world = World::start().await;
    for (name, slug, prefix) in [
        ("🎉", "tada", "TADA"),
        ("École", "ecole", "ECOL"),
        ("Ли", "li", "LIXX"),
        ("99", "99", "99XX"),
        ("!!!", "project", "XXXX"),
        ("Naija Homes & Co", "naija-homes-co", "NAIJ"),
    ] {
        assert_eq!(
            words(&world, name).await,
            (slug.to_owned(), prefix.to_owned()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_same_name_again_gets_other_words() {
    let world = World::start().await;
    for (slug, prefix) in [
        ("homes", "HOME"),
        ("homes-2", "HOME2"),
        ("homes-3", "HOME3"),
    ] {
        assert_eq!(
            words(&world, "Homes").await,
            (slug.to_owned(), prefix.to_owned())
        );
    }
    assert_eq!(
        words(&world, "Homes 2").await,
        ("homes-2-2".to_owned(), "HOME4".to_owned())
    );
}

#[tokio::test]
async fn neither_renaming_nor_deleting_frees_a_word() {
    let world = World::start().await;
    let first = world.project("Homes").await;
    let path = format!("/admin/projects/{first}");
    let renamed = world
        .admin()
        .put(
            &path,
            json!({ "name": "Other", "slug": "other", "prefix": "OTHE" }),
        )
        .await;
    assert_eq!(
        pair(&renamed.expect(200)),
        ("homes".to_owned(), "HOME".to_owned())
    );
    assert_eq!(
        words(&world, "Homes").await,
        ("homes-2".to_owned(), "HOME2".to_owned())
    );
    world.admin().delete(&path).await.expect(200);
    assert_eq!(
        words(&world, "Homes").await,
        ("homes-3".to_owned(), "HOME3".to_owned())
    );
    assert_eq!(
        words(&world, "Other").await,
        ("other".to_owned(), "OTHE".to_owned())
    );
}

#[tokio::test]
async fn projects_of_one_name_made_at_once_share_nothing() {
    let world = World::start().await;
    let mut making = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let admin = world.admin();
        making.spawn(async move {
            admin
                .post("/admin/projects", json!({ "name": "Homes" }))
                .await
                .expect(201)
        });
    }
    let made: Vec<_> = making.join_all().await.iter().map(pair).collect();
    let slugs: HashSet<_> = made.iter().map(|(slug, _)| slug).collect();
    let prefixes: HashSet<_> = made.iter().map(|(_, prefix)| prefix).collect();
    assert_eq!((slugs.len(), prefixes.len()), (12, 12), "{made:?}");
}
