//! A running function body: what the engine holds for each turn of an instance.

use std::{cell::Cell, sync::Arc};

use jiff::tz::TimeZone;

use super::{
    fault::{Exit, Fault, Named, Raised},
    heap::Heap,
    program::Program,
    run::{self, Pause},
    values::{self, Misfit},
    window::WINDOW,
};
use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::{
        flow,
        host::HostCall,
        module::LiveName,
        traps::TrapCode,
        types::{FuncIdx, PointIdx, SiteIdx, SlotIdx, SlotKind, TypeDef},
    },
};

/// The longest stack that is kept for the next machine, in slots.
const SPARE_MAX: usize = 16 * WINDOW;

/// A call in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Its function.
    pub(crate) function: FuncIdx,
    /// The next instruction; of a frame that stands at a request, a suspension point or a fault, that one.
    pub(crate) pc: usize,
    /// Its slot 0 in the stack.
    pub(crate) base: usize,
    /// Where the caller wants the result.
    pub(crate) into: u16,
}

/// Why a machine stands still.
#[derive(Debug)]
enum State {
    /// It can run.
    Ready,
    /// It waits for the reply to a request: the arguments and the place of the reply.
    Asked(SiteIdx, SlotIdx, SlotIdx),
    /// It rests at a suspension point.
    Waiting(PointIdx),
    /// It has ended, and this was not told yet.
    Ending(Box<Outcome>),
    /// It has ended.
    Ended,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The body has ended, with its result.
    Done(Option<Value>),
    /// `stop`, or a cancellation after everything that always runs.
    Stopped {
        /// `stop canceled`, or cancelled from outside.
        canceled: bool,
        /// Why.
        message: String,
    },
    /// It rests at a suspension point; [`Machine::resume`] goes on.
    Wait(PointIdx),
    /// It asks; [`Machine::reply`] or [`Machine::raise`] answers.
    Call(HostCall),
    /// No fuel is left; a step with more goes on.
    OutOfFuel,
    /// A fault that nothing caught.
    Faulted(Fault),
}

/// Why a machine cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// There is no such function.
    NoFunction,
    /// Not as many arguments as parameters.
    ArgumentCount,
    /// The argument of this number is of another type.
    Argument(usize),
    /// The arguments are too large.
    Limit(TrapCode),
}

/// A running function body.
#[derive(Debug)]
pub struct Machine {
    pub(super) program: Arc<Program>,
    pub(super) zone: TimeZone,
    pub(super) heap: Heap,
    /// The slots of all frames; at least a window beyond the base of the last one.
    pub(super) stack: Vec<u64>,
    pub(super) frames: Vec<Frame>,
    /// The text that is being built.
    pub(super) builder: String,
    state: State,
    /// The suspension point at which it was thawed: the outermost function has only those values that live on after it,
    /// and those that it was given since.
    thawed: Option<PointIdx>,
}

thread_local! {
    /// The stack of a machine that is gone, for the next one: machines are made for each turn, and a block of this size is
    /// slow to come by.
    static SPARE: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

/// A stack of one window of zeros.
fn spare_stack() -> Vec<u64> {
    let mut stack = SPARE.take();
    stack.truncate(WINDOW);
    stack.fill(0);
    stack.resize(WINDOW, 0);
    stack
}

impl Drop for Machine {
    fn drop(&mut self) {
        let stack = std::mem::take(&mut self.stack);
        if stack.capacity() <= SPARE_MAX {
            // At the end of a thread there is no next one.
            let _ = SPARE.try_with(|spare| spare.set(stack));
        }
    }
}

impl Machine {
    /// Begins a function with arguments, in a time zone.
    ///
    /// # Errors
    /// If the arguments are not those of the function.
    pub fn new(program: &Arc<Program>, function: FuncIdx, args: &[Value], zone: TimeZone) -> Result<Self, StartError> {
        let params = &program.function(function).ok_or(StartError::NoFunction)?.params;
        if params.len() != args.len() {
            return Err(StartError::ArgumentCount);
        }
        let mut machine = Self::at(program, function, 0, zone);
        let mut slots = Vec::new();
        for (index, (ty, value)) in params.iter().zip(args).enumerate() {
            values::write(program, &mut machine.heap, *ty, value, &mut slots).map_err(|misfit| match misfit {
                Misfit::Type => StartError::Argument(index),
                Misfit::Limit(code) => StartError::Limit(code),
            })?;
        }
        for (place, bits) in machine.stack.iter_mut().zip(slots) {
            *place = bits;
        }
        Ok(machine)
    }

    /// A machine that stands before an instruction of a function, with empty slots.
    pub(super) fn at(program: &Arc<Program>, function: FuncIdx, pc: usize, zone: TimeZone) -> Self {
        Self {
            program: Arc::clone(program),
            zone,
            heap: Heap::new(program.shapes().widest_record),
            stack: spare_stack(),
            frames: vec![Frame { function, pc, base: 0, into: 0 }],
            builder: String::new(),
            state: State::Ready,
            thawed: None,
        }
    }

    /// Makes it rest at a suspension point, with the values that live on after it.
    pub(super) fn rest_at(&mut self, point: PointIdx) {
        self.thawed = Some(point);
        self.state = State::Waiting(point);
    }

    /// The suspension point that it rests at.
    #[must_use]
    pub fn waiting_at(&self) -> Option<PointIdx> {
        match self.state {
            State::Waiting(point) => Some(point),
            _ => None,
        }
    }

    /// The function and instruction at which it stands.
    #[must_use]
    pub fn position(&self) -> Option<(FuncIdx, usize)> {
        self.frames.last().map(|frame| (frame.function, frame.pc))
    }

    /// The program that it runs.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Runs until something has to be told, or the fuel is used up. A machine that rests or waits for a reply tells
    /// so again; one that has ended is done.
    pub fn step(&mut self, fuel: &mut u64) -> Outcome {
        loop {
            match self.state {
                State::Ready => {}
                State::Asked(site, args, _) => return Outcome::Call(self.call(site, args)),
                State::Waiting(point) => return Outcome::Wait(point),
                State::Ended => return Outcome::Done(None),
                State::Ending(_) => {
                    return match std::mem::replace(&mut self.state, State::Ended) {
                        State::Ending(outcome) => *outcome,
                        _ => Outcome::Done(None),
                    };
                }
            }
            let program = Arc::clone(&self.program);
            match run::run(self, &program, fuel) {
                Ok(Pause::Returned(from)) => {
                    let outcome = Outcome::Done(self.result(from));
                    self.end(outcome);
                }
                Ok(Pause::Wait(point)) => self.state = State::Waiting(point),
                Ok(Pause::Ask(site, args, into)) => self.state = State::Asked(site, args, into),
                Ok(Pause::OutOfFuel) => return Outcome::OutOfFuel,
                Err(raised) => self.fail(raised),
            }
        }
    }

    /// Answers a request; of a request without reply the value does not matter. Without a request it does nothing.
    pub fn reply(&mut self, value: &Value) {
        let State::Asked(site, _, into) = self.state else { return };
        self.state = State::Ready;
        let program = Arc::clone(&self.program);
        if let Some(ty) = program.module().sites.get(site.index()).and_then(|site| site.result) {
            let mut slots = Vec::new();
            if let Err(misfit) = values::write(&program, &mut self.heap, ty, value, &mut slots) {
                let raised = match misfit {
                    Misfit::Type => Raised::said(
                        TrapCode::Conversion,
                        "a stored value is not of the type that the program expects".to_owned(),
                    ),
                    Misfit::Limit(code) => Raised::trap(code),
                };
                return self.fail(raised);
            }
            self.put(into, &slots);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.pc += 1;
        }
    }

    /// Raises a fault where the machine stands: as the answer to a request, or because of a limit.
    pub fn raise(&mut self, fault: Fault) {
        self.fail(Raised::exit(Exit::Fault(fault)));
    }

    /// Cancels it where it stands: only what always runs still does.
    pub fn cancel(&mut self, reason: &str) {
        self.fail(Raised::exit(Exit::Stop { canceled: true, message: reason.to_owned() }));
    }

    /// Ends it where it stands after a fault: what always runs does, but nothing that is for a cancellation.
    pub fn give_up(&mut self, reason: &str) {
        self.fail(Raised::exit(Exit::Stop { canceled: false, message: reason.to_owned() }));
    }

    /// Goes on after a suspension point. A machine that does not rest at one stays as it is.
    pub fn resume(&mut self) {
        if let State::Waiting(_) = self.state {
            self.state = State::Ready;
            if let Some(frame) = self.frames.last_mut() {
                frame.pc += 1;
            }
        }
    }

    /// The values of the innermost function that have a name and a value where it stands, but for private ones.
    #[must_use]
    pub fn named_values(&self) -> Vec<Named> {
        let Some(frame) = self.frames.last() else { return Vec::new() };
        let names = self.program.module().debug.names.get(frame.function.index());
        let pc = u32::try_from(frame.pc).unwrap_or(u32::MAX);
        let known = self.assigned(frame);
        let has_value = |name: &LiveName| {
            let width = self.program.module().width(name.ty);
            let mut slots = (0..width).map(|offset| SlotIdx(name.slot.0.saturating_add(offset)));
            known.as_ref().is_none_or(|known| slots.all(|slot| known.contains(&slot)))
        };
        let here = names.into_iter().flatten().filter(|scope| scope.from <= pc && pc < scope.to && !scope.name.private);
        let here = here.filter(|scope| has_value(&scope.name));
        let value = |scope: &crate::bytecode::module::NameScope| {
            let name = &scope.name;
            let slots = self.stack.get(frame.base + name.slot.index()..).unwrap_or_default();
            let value = match self.program.module().ty(name.ty) {
                Some(TypeDef::Fault) => self.caught(slots.first().copied().unwrap_or_default()),
                _ => values::read(&self.program, &self.heap, name.ty, slots),
            };
            Named { name: name.name.clone(), ty: name.ty, value }
        };
        here.map(value).collect()
    }

    /// The slots of the innermost function that have a value where it stands; `None` if all named ones do, as nothing was
    /// left out of a snapshot.
    fn assigned(&self, frame: &Frame) -> Option<Vec<SlotIdx>> {
        let point = self.program.module().point(self.thawed?).filter(|_| self.frames.len() == 1)?;
        let (function, prepared) = (self.program.function(frame.function)?, self.program.prepared(frame.function)?);
        let since = (point.pc as usize, point.live.as_slice());
        flow::assigned_since(self.program.module(), function, &prepared.code, since, frame.pc).ok()
    }

    /// A caught fault in words.
    fn caught(&self, bits: u64) -> Value {
        match self.heap.fault(bits).map(|exit| &**exit) {
            Some(Exit::Fault(fault)) => Value::Text(format!("{}: {}", fault.code, fault.message)),
            Some(Exit::Stop { message, .. }) => Value::Text(message.clone()),
            None => Value::None,
        }
    }

    /// The records and instances that slots of the innermost function refer to, with or without a name.
    #[must_use]
    pub fn held_values(&self) -> Vec<Value> {
        let Some(frame) = self.frames.last() else { return Vec::new() };
        let kinds = self.program.function(frame.function).map_or(&[][..], |function| &function.slots);
        let slots = self.stack.get(frame.base..).unwrap_or_default();
        let mut held = Vec::new();
        for (index, kind) in kinds.iter().enumerate() {
            let rest = slots.get(index..).unwrap_or_default();
            let first = rest.first().copied().unwrap_or_default();
            match kind {
                SlotKind::List(ty) => held.push(values::read(&self.program, &self.heap, *ty, rest)),
                SlotKind::Record(record) => held.push(values::read_record(&self.program, &self.heap, *record, first)),
                SlotKind::Ref(entity) if first != 0 => {
                    held.push(Value::Ref(RecordRef { entity: *entity, id: first.cast_signed() }));
                }
                SlotKind::RefEntity => {
                    let entity = first.checked_sub(1).and_then(|entity| u16::try_from(entity).ok());
                    let id = rest.get(1).copied().unwrap_or_default().cast_signed();
                    held.extend(entity.map(|entity| Value::Ref(RecordRef { entity: EntityIdx(entity), id })));
                }
                _ => {}
            }
        }
        held
    }

    /// Ends it.
    fn end(&mut self, outcome: Outcome) {
        self.frames.clear();
        self.state = State::Ending(Box::new(outcome));
    }

    /// A request with its arguments.
    fn call(&self, site: SiteIdx, args: SlotIdx) -> HostCall {
        let types = self.program.module().sites.get(site.index()).map_or(&[][..], |site| &site.args);
        let base = self.frames.last().map_or(0, |frame| frame.base);
        let mut slots = self.stack.get(base + args.index()..).unwrap_or_default();
        let read = |ty: &crate::bytecode::types::TypeIdx| {
            let value = values::read(&self.program, &self.heap, *ty, slots);
            slots = slots.get(usize::from(self.program.module().width(*ty))..).unwrap_or_default();
            value
        };
        HostCall { site, args: types.iter().map(read).collect() }
    }

    /// The result of the outermost function.
    fn result(&self, from: Option<SlotIdx>) -> Option<Value> {
        let frame = self.frames.last()?;
        let ty = self.program.function(frame.function)?.result?;
        let slots = self.stack.get(frame.base + from?.index()..)?;
        Some(values::read(&self.program, &self.heap, ty, slots))
    }

    /// Sets slots of the innermost frame.
    fn put(&mut self, into: SlotIdx, slots: &[u64]) {
        let base = self.frames.last().map_or(0, |frame| frame.base);
        for (place, bits) in self.stack.iter_mut().skip(base + into.index()).zip(slots) {
            *place = *bits;
        }
    }

    /// Looks for a handler, from the innermost frame outwards; without one the machine ends.
    fn fail(&mut self, raised: Raised) {
        if matches!(self.state, State::Ended | State::Ending(_)) {
            return;
        }
        let mut exit = raised.into_exit();
        self.complete(&mut exit);
        self.state = State::Ready;
        while let Some(frame) = self.frames.last_mut() {
            let handlers = self.program.function(frame.function).map_or(&[][..], |function| &function.handlers);
            let covers = |handler: &&crate::bytecode::module::Handler| {
                (handler.start as usize..handler.end as usize).contains(&frame.pc)
                    && (handler.always || exit.is_caught())
            };
            if let Some(handler) = handlers.iter().find(covers).copied() {
                frame.pc = handler.target as usize;
                // What the program deals with itself is its own.
                if let (Exit::Fault(fault), false) = (&mut exit, handler.always) {
                    fault.may_pass = false;
                }
                // The heap has no room only if the fault is about that: then the handler sees none.
                let bits = self.heap.new_fault(Arc::new(exit)).unwrap_or_default();
                return self.put(handler.fault, &[bits]);
            }
            self.frames.pop();
            if let Some(caller) = self.frames.last_mut() {
                // A caller stands behind its call.
                caller.pc = caller.pc.saturating_sub(1);
            }
        }
        self.end(match exit {
            Exit::Fault(fault) => Outcome::Faulted(fault),
            Exit::Stop { canceled, message } => Outcome::Stopped { canceled, message },
        });
    }

    /// Adds to a fault where it happened and with which values, unless it knows.
    fn complete(&self, exit: &mut Exit) {
        let Exit::Fault(fault) = exit else { return };
        if fault.at.is_none() {
            fault.at = self.frames.last().and_then(|frame| self.program.place(frame.function, frame.pc));
            if let (Some(at), [outermost, _, ..]) = (&mut fault.at, self.frames.as_slice())
                && let Some(call) = self.program.place(outermost.function, outermost.pc.saturating_sub(1))
            {
                at.called_at = call.line();
                at.stage = call.stage;
            }
            fault.values = self.named_values();
        }
    }
}
