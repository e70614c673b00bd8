//! What the activities of random projects answer: by their inputs, and by how often they were asked.

use std::sync::{Arc, Mutex};

use abide::{
    base::value::Value,
    engine::activities::{Activity, ActivityCall, ActivityError},
};

/// How often one side has asked.
pub(super) type Asked = Arc<Mutex<i64>>;

/// Activities with who does them. `Nobody` is done by nobody.
pub(super) fn all(asked: &Asked) -> Vec<(&'static str, Box<dyn Activity>)> {
    let names = ["Ask", "Tell", "Weigh"];
    names.into_iter().map(|name| (name, activity(Arc::clone(asked)))).collect()
}

fn activity(asked: Asked) -> Box<dyn Activity> {
    Box::new(move |call: &ActivityCall<'_>| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        answer(call.name, call.inputs, *asked)
    })
}

fn answer(name: &str, inputs: &[Value], asked: i64) -> Result<Option<Value>, ActivityError> {
    let number = match inputs.first() {
        Some(Value::Int(number)) => *number % 1_000,
        _ => 0,
    };
    match (number + asked).rem_euclid(6) {
        0 => Err(ActivityError::Raised { error: "Failed".to_owned(), fields: vec![Value::Text(format!("no {name}"))] }),
        1 => Err(ActivityError::Failed("no line".to_owned())),
        _ => Ok(match name {
            "Ask" => Some(Value::Int(number + asked)),
            "Weigh" => Some(Value::Record(vec![Value::Int(asked), Value::None])),
            _ => None,
        }),
    }
}
