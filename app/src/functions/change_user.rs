//! `change-user`.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::handles::{Reader, Writer};
use anyport_runtimes::{IfMatch, Json, Path, Tagged};
use domain::users::{Directory, Emails, UserError, Users};

use crate::schemas::{UserBody, UserPath, UserView};

/// Replaces a user's name and address.
pub async fn change_user(
    Path(path): Path<UserPath>,
    if_match: IfMatch,
    Json(body): Json<UserBody>,
    users: Reader<Users>,
    accounts: Writer<Users>,
    emails: Reader<Emails>,
    reservations: Writer<Emails>,
    clock: Arc<dyn Clock>,
) -> Result<Tagged<UserView>, UserError> {
    let directory = Directory::new((users, accounts), (emails, reservations), clock);
    let expected = match &if_match {
        IfMatch::Any => None,
        IfMatch::Version(version) => Some(version),
    };
    Ok(UserView::tagged(directory.change(&path.user, body.into(), expected).await?))
}
