//! `create-user`.

use std::sync::Arc;

use anyport_ports::handles::{Reader, Writer};
use anyport_ports::{Clock, Ids};
use anyport_runtimes::{Created, Json};
use domain::UserId;
use domain::users::{Directory, Emails, UserError, Users};

use crate::schemas::{UserBody, UserView};

/// Creates a user.
pub async fn create_user(
    Json(body): Json<UserBody>,
    users: Reader<Users>,
    accounts: Writer<Users>,
    emails: Reader<Emails>,
    reservations: Writer<Emails>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Result<Created<UserView>, UserError> {
    let directory = Directory::new((users, accounts), (emails, reservations), clock);
    let user = directory.create(UserId::new(ids.next())?, body.into()).await?;
    let location = format!("/api/users/{}", user.item.id);
    Ok(Created { location, etag: Some(user.version), body: user.item.into() })
}
