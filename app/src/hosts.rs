//! The hosts that are compiled in: each is handed the functions and the adapters.

use anyhow::Result;
use anyport_runtimes::Workload;

use crate::compose::{Composed, compose};
use crate::settings::Settings;

/// A server of its own, which makes what the functions need as well.
#[cfg(feature = "server")]
pub(crate) async fn server(mut settings: Settings, workload: Workload) -> Result<()> {
    use anyport_runtimes::server;

    let listener = server::listen(&settings.server).await?;
    // Signed URLs name the port that was taken, if any would do.
    settings.server.address = listener.local_addr()?;
    let Composed { ports, provision, signed, made_secret } = compose(&settings, &workload.resources()).await?;
    let greet = |address| crate::greeting::write(&settings, address, made_secret);
    server::serve(listener, workload, ports, Some(provision), signed, settings.server.clone(), greet).await?;
    Ok(())
}

/// AWS Lambda. What the functions need was made by whoever deployed them.
#[cfg(feature = "aws-lambda")]
pub(crate) async fn aws_lambda(settings: Settings, workload: Workload) -> Result<()> {
    use anyport_runtimes::aws_lambda;

    let Composed { ports, .. } = compose(&settings, &workload.resources()).await?;
    aws_lambda::serve(workload, ports, settings.lambda()).await?;
    Ok(())
}
