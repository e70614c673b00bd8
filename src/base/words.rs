//! Words that are made of names.

/// `PhoneCall` as `phone_call`: the name of a table that its entity says nothing about.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && previous_lower {
            out.push('_');
        }
        previous_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn tables_are_named_in_snake_case() {
        assert_eq!(snake_case("PhoneCall"), "phone_call");
        assert_eq!(snake_case("SLAItem"), "slaitem");
        assert_eq!(snake_case("Level2Check"), "level2_check");
    }
}
