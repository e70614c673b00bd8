//! Who is who: the entities of `core` that everybody may read, whatever the roles say. Names of people, teams and units
//! stand beside every record that somebody owns.

/// The entities.
const DIRECTORY: [&str; 6] = ["BusinessUnit", "ExchangeRate", "Queue", "Team", "TeamMember", "User"];

/// Whether everybody may read the records of an entity.
#[must_use]
pub fn is_directory(entity: &str) -> bool {
    DIRECTORY.contains(&entity)
}
