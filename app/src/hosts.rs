//! The hosts that are compiled in: each is handed the functions and the adapters.

use anyhow::Result;
use anyport_runtimes::Workload;
use anyport_runtimes::telemetry::Telemetry;

use crate::compose::{Composed, compose};
use crate::settings::Settings;

/// A server of its own, which makes what the functions need as well.
#[cfg(feature = "server")]
pub(crate) async fn server(mut settings: Settings, workload: Workload, telemetry: Telemetry) -> Result<()> {
    use anyport_runtimes::server;

    let listener = server::listen(&settings.server).await?;
    // Signed URLs name the port that was taken, if any would do.
    settings.server.address = listener.local_addr()?;
    let Composed { ports, provision, surroundings, for_development } =
        compose(&settings, &workload.resources()).await?;
    let surroundings = surroundings.provisioned_by(provision).told_by(Some(telemetry));
    let greet = |address| crate::greeting::write(&settings, address, for_development);
    server::serve(listener, workload, ports, surroundings, settings.server.clone(), greet).await?;
    Ok(())
}

/// AWS Lambda. What the functions need was made by whoever deployed them.
#[cfg(feature = "aws-lambda")]
pub(crate) async fn aws_lambda(settings: Settings, workload: Workload, telemetry: Telemetry) -> Result<()> {
    use anyport_runtimes::aws_lambda;

    let Composed { ports, surroundings, .. } = compose(&settings, &workload.resources()).await?;
    aws_lambda::serve(workload, ports, surroundings.told_by(Some(telemetry)), settings.lambda()).await?;
    Ok(())
}

/// Azure Functions. What the functions need was made by whoever deployed them.
#[cfg(feature = "azure-functions")]
pub(crate) async fn azure_functions(settings: Settings, workload: Workload, telemetry: Telemetry) -> Result<()> {
    use anyport_runtimes::azure_functions;

    let Composed { ports, surroundings, .. } = compose(&settings, &workload.resources()).await?;
    let surroundings = surroundings.told_by(Some(telemetry));
    azure_functions::serve(workload, ports, surroundings, settings.azure_functions()).await?;
    Ok(())
}

/// Cloud Run. What the functions need was made by whoever deployed them.
#[cfg(feature = "cloud-run")]
pub(crate) async fn cloud_run(settings: Settings, workload: Workload, telemetry: Telemetry) -> Result<()> {
    use anyport_runtimes::cloud_run;

    let Composed { ports, surroundings, .. } = compose(&settings, &workload.resources()).await?;
    let (settings, surroundings) = (settings.cloud_run(), surroundings.told_by(Some(telemetry)));
    // Last: requests are sent as soon as somebody listens.
    let listener = cloud_run::listen(&settings).await?;
    cloud_run::serve(listener, workload, ports, surroundings, settings).await?;
    Ok(())
}
