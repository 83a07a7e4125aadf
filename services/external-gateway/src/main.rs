//! The `external-gateway` process: `serve`, also without a subcommand.

use std::convert::Infallible;

use external_gateway::ExternalGateway;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<ExternalGateway, Infallible>(async |command| match command {}).await
}
