//! The same random requests to all stores must give the same answers.

use abide::{
    base::value::Value,
    bytecode::module::CompareOp,
    engine::store::{Condition, Savepoint, Store, StoreError},
};

use super::{memory, sample::*, sqlite, sqlite_in_memory};

/// A small generator of numbers; its seed is in the message of a failure.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What can be seen of an answer: errors by their kind.
fn outcome<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error).split('(').next().unwrap().to_owned(),
    }
}

fn request(store: &mut dyn Store, numbers: &mut Numbers, open: &mut Vec<Savepoint>) -> String {
    let id = numbers.below(12) + 1;
    let (other, score) = (numbers.below(12) + 1, numbers.below(4));
    match numbers.below(12) {
        0 | 1 => outcome(store.insert(COMPANY, &company(id, &format!("c{score}"), (score > 1).then_some(other)))),
        2 | 3 => outcome(store.insert(DEAL, &deal(id, &format!("d{}", score % 2), other, score))),
        4 => outcome(store.update(at(DEAL, id), &[(SCORE, Value::Int(score)), (TITLE, text("t"))])),
        5 => outcome(store.delete(at(DEAL, id))),
        6 => outcome(store.delete(at(COMPANY, id))),
        7 => {
            let ops = [CompareOp::Equal, CompareOp::NotEqual, CompareOp::Less, CompareOp::GreaterEqual];
            let op = ops[usize::try_from(score).unwrap()];
            let conditions = [
                Condition { path: vec![CUSTOMER, NAME], op, argument: text("c2") },
                Condition { path: vec![SCORE], op: CompareOp::LessEqual, argument: Value::Int(other) },
            ];
            outcome(store.candidates(DEAL, &conditions, score, 5)) + &outcome(store.count(DEAL, &conditions))
        }
        8 => {
            open.push(store.savepoint().unwrap());
            String::new()
        }
        9 => open.pop().map_or_else(String::new, |s| outcome(store.rollback_to(s))),
        10 => open.pop().map_or_else(String::new, |s| outcome(store.release(s))),
        _ => outcome(store.get(at(DEAL, id))) + &outcome(store.count_up("id")),
    }
}

#[test]
fn all_stores_answer_alike() {
    for seed in 1..=40u64 {
        let (mut a, mut b, mut c) = (memory(), sqlite(), sqlite_in_memory());
        let traces = [&mut a, &mut b, &mut c].map(|fixture| {
            let store = &mut *fixture.store;
            let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let mut trace = Vec::new();
            for _ in 0..6 {
                store.begin().unwrap();
                let mut open = Vec::new();
                for _ in 0..40 {
                    trace.push(request(store, &mut numbers, &mut open));
                }
                trace.push(if numbers.below(3) == 0 { outcome(store.rollback()) } else { outcome(store.commit()) });
                trace.push(outcome(store.candidates(COMPANY, &[], 0, 50)));
                trace.push(outcome(store.candidates(DEAL, &[], 0, 50)));
            }
            trace
        });
        let [a, others @ ..] = traces;
        for b in others {
            let difference = a.iter().zip(&b).position(|(x, y)| x != y);
            assert_eq!(difference.map(|i| (i, &a[i], &b[i])), None, "seed {seed}");
        }
    }
}
