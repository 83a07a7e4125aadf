//! The `gateway` process: `serve`, also without a subcommand.

use std::convert::Infallible;

use gateway::Gateway;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Gateway, Infallible>(async |command| match command {}).await
}
