//! `get-user`.

use anyport_ports::handles::Reader;
use anyport_runtimes::{Path, Tagged};
use domain::users::{self, UserError, Users};

use crate::schemas::{UserPath, UserView};

/// Shows a user.
pub async fn get_user(Path(path): Path<UserPath>, users: Reader<Users>) -> Result<Tagged<UserView>, UserError> {
    Ok(UserView::tagged(users::find(&users, &path.user).await?))
}
