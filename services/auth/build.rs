//! Rebuilds when the migrations or the checked queries change; cargo watches neither by itself.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=.sqlx");
}
