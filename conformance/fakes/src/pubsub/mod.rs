//! Google Cloud Pub/Sub.

use anyhow::bail;

use crate::Place;

#[expect(clippy::unused_async, reason = "serving waits")]
pub(crate) async fn serve(place: &Place) -> anyhow::Result<()> {
    bail!("nothing is served yet on {} from {}", place.address(), place.folder.display())
}
