//! Users.

use anyport_ports::handles::Stored;
use anyport_runtimes::Tagged;
use domain::users::{Email, PersonName, Profile, User};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a client can say of a user.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserBody")]
pub struct UserBody {
    /// What the user is called: no control characters, no space at either end.
    #[schemars(with = "String", regex(pattern = PersonName::PATTERN), length(min = 1, max = 100))]
    #[schemars(example = &"Ada Lovelace")]
    pub name: PersonName,
    /// Where mail reaches the user. Case does not count.
    #[schemars(with = "String", regex(pattern = Email::PATTERN), length(max = 254))]
    #[schemars(example = &"ada@example.com")]
    pub email: Email,
}

impl From<UserBody> for Profile {
    fn from(UserBody { name, email }: UserBody) -> Self {
        Self { name, email }
    }
}

/// A user.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserView {
    /// The storefront's name for the user.
    pub id: String,
    /// What the user is called.
    pub name: String,
    /// Where mail reaches the user, in lower case.
    pub email: String,
    /// When the user was created.
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    /// When the user was last changed.
    #[schemars(extend("format" = "date-time"))]
    pub updated_at: String,
}

impl UserView {
    /// A user with the version to send back in `If-Match`.
    pub fn tagged(user: Stored<User>) -> Tagged<Self> {
        Tagged { etag: user.version, body: user.item.into() }
    }
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.into(),
            name: user.name.into(),
            email: user.email.into(),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}
