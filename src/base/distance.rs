//! "Did you mean": which of the known names a misspelt one probably is.

use super::limits::SUGGESTED_NAME_MAX;

/// The edit distance of two words, where swapping two neighbours counts one (optimal string alignment).
#[must_use]
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, ca) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |line: &[usize], k: usize| line.get(k).copied().unwrap_or(usize::MAX);
            let mut cost = (at(&above, j) + usize::from(ca != *cb)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = j > 0 && last_a == Some(*cb) && b.get(j - 1) == Some(&ca);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        last_a = Some(ca);
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

/// The nearest of `known` to `name`: at most three, nearest first, none farther than a third of the name's length
/// (a difference of case only always counts as near).
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    nearest(name, &mut known.into_iter())
}

fn nearest<'a>(name: &str, known: &mut dyn Iterator<Item = &'a str>) -> Vec<&'a str> {
    let length = name.chars().count();
    // LIMIT: `SUGGESTED_NAME_MAX`
    if length > SUGGESTED_NAME_MAX {
        return Vec::new();
    }
    let allowed = (length / 3).max(1);
    let folded = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .filter(|k| *k != name && k.chars().take(length + allowed + 1).count().abs_diff(length) <= allowed)
        .filter_map(|k| {
            let other = k.to_lowercase();
            let distance = if other == folded { 0 } else { edit_distance(&folded, &other) };
            (distance <= allowed && distance < k.chars().count()).then_some((distance, k))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    let best = near.first().map_or(0, |n| n.0);
    near.into_iter().filter(|n| n.0 == best).take(3).map(|n| n.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_a_swap_as_one() {
        assert_eq!(edit_distance("statsu", "status"), 1);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn suggestions_stay_within_a_third_of_the_length() {
        assert_eq!(did_you_mean("titel", ["title", "value", "tile"]), ["title"]);
        assert!(did_you_mean("x", ["owner", "status"]).is_empty());
        assert_eq!(did_you_mean("opportunity", ["Opportunity"]), ["Opportunity"]);
    }
}
