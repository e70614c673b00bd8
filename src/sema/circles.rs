//! An order in which each thing comes after what it depends on, and the circles for which there is none.
//!
//! Depth-first with a stack of its own, so that a long chain of declarations is no deep recursion.

/// What [`order`] finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// All numbers, each after those that it depends on, circles aside.
    pub(super) order: Vec<usize>,
    /// Circles that share no member, each in the order of dependence.
    pub(super) circles: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    OnPath,
    Done,
}

/// Orders the numbers below `dependencies.len()`; each names what it depends on.
pub(super) fn order(dependencies: &[Vec<usize>]) -> Order {
    let mut found = Order::default();
    let mut states = vec![State::New; dependencies.len()];
    let mut in_circle = vec![false; dependencies.len()];
    for start in 0..dependencies.len() {
        if states.get(start) != Some(&State::New) {
            continue;
        }
        set(&mut states, start, State::OnPath);
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some(dependency) = dependencies.get(node).and_then(|all| all.get(*next)).copied() else {
                set(&mut states, node, State::Done);
                found.order.push(node);
                path.pop();
                continue;
            };
            *next += 1;
            match states.get(dependency) {
                Some(State::New) => {
                    set(&mut states, dependency, State::OnPath);
                    path.push((dependency, 0));
                }
                Some(State::OnPath) => {
                    let circle: Vec<usize> =
                        path.iter().map(|(node, _)| *node).skip_while(|node| *node != dependency).collect();
                    if circle.iter().all(|node| in_circle.get(*node) == Some(&false)) {
                        circle.iter().for_each(|node| set(&mut in_circle, *node, true));
                        found.circles.push(circle);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn set<T>(all: &mut [T], index: usize, value: T) {
    if let Some(slot) = all.get_mut(index) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::{Order, order};

    #[test]
    fn what_is_needed_comes_first() {
        let found = order(&[vec![2], vec![0, 2], vec![]]);
        assert_eq!(found, Order { order: vec![2, 0, 1], circles: vec![] });
    }

    #[test]
    fn circles_are_found_once() {
        let found = order(&[vec![1], vec![2], vec![0], vec![3], vec![0]]);
        assert_eq!(found.circles, [vec![0, 1, 2], vec![3]]);
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let chain: Vec<Vec<usize>> =
            (1..100_001).map(|next| if next < 100_000 { vec![next] } else { vec![] }).collect();
        assert_eq!(order(&chain).order.first(), Some(&99_999));
    }
}
