//! Running machines: the loop that answers their requests.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        host::HostOp,
        traps::TrapCode,
        types::{FuncIdx, PointIdx},
    },
    vm::{
        fault::{Fault, Place},
        machine::{Machine, Outcome, StartError},
    },
};

use super::{
    Engine, Spot,
    actor::Actor,
    faults::{self, Answer, Failure},
    rules::Said,
    store::{Row, Savepoint},
    words,
};

/// Who carries out the statements that only tests have.
pub trait TestHost {
    /// Carries out a `Test…` request. `user` is whose rights the statements of the test have.
    ///
    /// # Errors
    /// With the fault that the statement raises, or with what is wrong with the store.
    fn perform(
        &mut self,
        engine: &mut Engine,
        user: &mut Option<i64>,
        op: &HostOp,
        args: &[Value],
    ) -> Answer<Option<Value>>;
}

/// An open `atomic` block: what is undone if a fault leaves it.
pub(crate) struct Atomic {
    pub(crate) savepoint: Savepoint,
    /// The records that were about to be written, as they were to be.
    pub(crate) pending: Vec<(RecordRef, Arc<Row>)>,
    /// Whether it is a transaction of its own.
    pub(crate) is_outermost: bool,
}

/// What a running body has besides its slots.
pub(crate) struct Frame<'a> {
    pub(crate) actor: Actor,
    pub(crate) zone: String,
    /// Of a process before an action: its inputs.
    pub(crate) inputs: Option<Vec<Value>>,
    /// Open `atomic` blocks, innermost last.
    pub(crate) atomics: Vec<Atomic>,
    /// The users around open `act as` blocks.
    pub(crate) acting: Vec<Option<i64>>,
    /// What a rule has said of its record.
    pub(crate) said: Vec<Said>,
    pub(crate) test: Option<&'a mut dyn TestHost>,
    /// Whether it unwinds because the whole instance ends.
    pub(crate) leaving: bool,
}

impl Frame<'_> {
    pub(crate) fn new(actor: Actor, zone: &str) -> Self {
        Self {
            actor,
            zone: zone.to_owned(),
            inputs: None,
            atomics: Vec::new(),
            acting: Vec::new(),
            said: Vec::new(),
            test: None,
            leaving: false,
        }
    }
}

/// How a machine came to rest.
#[derive(Debug)]
pub(crate) enum End {
    Done(Option<Value>),
    Stopped { canceled: bool, message: String },
    Waiting(PointIdx),
    Faulted(Box<Fault>),
}

impl End {
    /// What the end of a body within a transaction means for the operation around it.
    fn of_realtime(self, process: &str) -> Answer<Option<Value>> {
        match self {
            End::Done(value) => Ok(value),
            End::Stopped { canceled: false, .. } => Ok(None),
            End::Stopped { message, .. } => Err(faults::refused(process, message)),
            End::Faulted(fault) => Err(Failure::Fault(fault)),
            End::Waiting(_) => Err(faults::unknown_request("a wait within a transaction")),
        }
    }
}

impl Engine {
    /// Runs a function that only reads.
    pub(crate) fn evaluate(&mut self, function: FuncIdx, args: &[Value]) -> Answer<Option<Value>> {
        let zone = self.module().meta.zone.clone();
        let (end, _) = self.run_body(function, args, Frame::new(Actor::default(), &zone))?;
        end.of_realtime("a condition")
    }

    /// What the end of the body of a process means for the operation around it.
    pub(crate) fn end_of_realtime(&mut self, end: End, process: &str) -> Answer<Option<Value>> {
        let process = words::told_process(process);
        let answer = end.of_realtime(process);
        if let Err(Failure::Fault(fault)) = &answer {
            self.blame(process, fault);
        }
        answer
    }

    /// Runs a body from its beginning to its end.
    pub(crate) fn run_body<'a>(
        &mut self,
        function: FuncIdx,
        args: &[Value],
        mut frame: Frame<'a>,
    ) -> Answer<(End, Frame<'a>)> {
        let mut machine = self.new_machine(function, args, &frame.zone)?;
        let end = self.drive(&mut machine, &mut frame)?;
        Ok((end, frame))
    }

    /// Runs a machine until it comes to rest. All machines of a turn share its fuel.
    pub(crate) fn drive(&mut self, machine: &mut Machine, frame: &mut Frame<'_>) -> Answer<End> {
        let mut fuel = self.fuel;
        loop {
            let outcome = machine.step(&mut fuel);
            match outcome {
                Outcome::Call(call) => {
                    self.fuel = fuel;
                    let spot = machine.position().map(|(function, pc)| Spot {
                        definitions: Arc::clone(&self.definitions),
                        function,
                        pc,
                    });
                    let around = std::mem::replace(&mut self.place, spot);
                    let answer = self.perform(frame, &call);
                    self.place = around;
                    fuel = self.fuel;
                    match answer {
                        Ok(value) => machine.reply(&value.unwrap_or(Value::None)),
                        Err(Failure::Fault(fault)) => machine.raise(*fault),
                        Err(failure) => return Err(failure),
                    }
                }
                Outcome::Done(value) => return Ok(self.rest(fuel, End::Done(value))),
                Outcome::Stopped { canceled, message } => {
                    return Ok(self.rest(fuel, End::Stopped { canceled, message }));
                }
                Outcome::Wait(point) => return Ok(self.rest(fuel, End::Waiting(point))),
                Outcome::Faulted(fault) => return Ok(self.rest(fuel, End::Faulted(Box::new(fault)))),
                Outcome::OutOfFuel => {
                    self.fuel = 0;
                    let place =
                        machine.position().and_then(|(function, pc)| self.definitions.program.place(function, pc));
                    let fault = Fault { at: place, values: machine.named_values(), ..TrapCode::Fuel.into() };
                    return Ok(End::Faulted(Box::new(fault)));
                }
            }
        }
    }

    /// A machine at the beginning of a function.
    pub(crate) fn new_machine(&mut self, function: FuncIdx, args: &[Value], zone: &str) -> Answer<Machine> {
        let zone = self.zone(zone);
        Machine::new(&self.definitions.program, function, args, zone).map_err(|error| match error {
            StartError::Limit(code) => Fault::from(code).into(),
            error => faults::unknown_request(format!("this call of a function ({error:?})")),
        })
    }

    /// A time zone by its name; one that is not known is UTC, as the compiler has checked the names.
    pub(crate) fn zone(&mut self, name: &str) -> TimeZone {
        if let Some(zone) = self.zones.get(name) {
            return zone.clone();
        }
        let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
        self.zones.insert(name.to_owned(), zone.clone());
        zone
    }

    /// The place of the statement whose request is carried out.
    #[must_use]
    pub fn requested_at(&self) -> Option<Place> {
        let spot = self.place.as_ref()?;
        spot.definitions.program.place(spot.function, spot.pc)
    }

    fn rest(&mut self, fuel: u64, end: End) -> End {
        self.fuel = fuel;
        end
    }
}
