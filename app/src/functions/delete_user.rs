//! `delete-user`.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::handles::{Reader, Writer};
use anyport_runtimes::{IfMatch, NoContent, Path};
use domain::users::{Directory, Emails, UserError, Users};

use crate::schemas::UserPath;

/// Deletes a user.
pub async fn delete_user(
    Path(path): Path<UserPath>,
    if_match: Option<IfMatch>,
    users: Reader<Users>,
    accounts: Writer<Users>,
    emails: Reader<Emails>,
    reservations: Writer<Emails>,
    clock: Arc<dyn Clock>,
) -> Result<NoContent, UserError> {
    let directory = Directory::new((users, accounts), (emails, reservations), clock);
    let expected = match &if_match {
        Some(IfMatch::Version(version)) => Some(version),
        Some(IfMatch::Any) | None => None,
    };
    directory.delete(&path.user, expected).await?;
    Ok(NoContent)
}
