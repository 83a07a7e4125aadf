//! Writes `docs/openapi.json` anew.

fn main() -> anyhow::Result<()> {
    std::fs::write(openapi::path(), openapi::text()?)?;
    Ok(())
}
