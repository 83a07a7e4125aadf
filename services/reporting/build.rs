//! Rebuilds when the migrations, the checked queries or their files change: cargo does not watch them itself.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=.sqlx");
    println!("cargo::rerun-if-changed=src/store/keep.sql");
    println!("cargo::rerun-if-changed=src/store/facts");
}
