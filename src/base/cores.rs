//! The same work on several things, on all cores.

use std::iter;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Stack of a thread for walks over trees: they recurse. Only what is used is taken.
const STACK_BYTES: usize = 128 << 20;

/// Does the same with each of several things, on all cores where there is more than one; gives the results in order.
pub fn on_all_cores<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(things.len());
    if cores < 2 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    // Each core takes the next thing when it is done with one, so a large one keeps only its core.
    let some = || -> Vec<(usize, R)> {
        let taken = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        taken.map_while(|index| Some((index, work(things.get(index)?)))).collect()
    };
    let mut done = thread::scope(|scope| {
        let spawn = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, some).ok();
        let others: Vec<_> = (1..cores).filter_map(spawn).collect();
        let mut done = some();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
