//! The loop: fetches instructions, executes the hot ones itself, and leaves the others to [`super::ops`].

use super::{
    collect,
    fault::Raised,
    heap::{CONSTANT, Heap, OWNED},
    machine::{Frame, Machine},
    ops::{self, Context, small},
    program::{Prepared, Program, SMALL_PARAMS, SMALL_SLOTS},
    window::{Slots, WINDOW, Window, at, next, pack_currency},
};
use crate::{
    base::{limits::CALL_DEPTH_MAX, value::Value},
    bytecode::{
        isa::Instruction,
        module::JumpTable,
        operands,
        traps::TrapCode,
        types::{ConstIdx, FuncIdx, PointIdx, SiteIdx, SlotIdx, SlotKind, TypeDef, TypeIdx},
    },
};

/// Why the loop was left without a fault.
pub(super) enum Pause {
    /// The outermost function has ended, with its result from this slot on.
    Returned(Option<SlotIdx>),
    /// A suspension point. The frame stands at it.
    Wait(PointIdx),
    /// A request. The frame stands at it.
    Ask(SiteIdx, SlotIdx, SlotIdx),
    /// No fuel for the next jump back or call.
    OutOfFuel,
}

/// Runs until something has to be told. When it fails, the last frame stands at the instruction.
#[expect(clippy::too_many_lines, reason = "one arm for each hot instruction")]
pub(super) fn run(machine: &mut Machine, program: &Program, fuel_left: &mut u64) -> Result<Pause, Raised> {
    let Machine { heap, stack, frames, builder, zone, .. } = machine;
    let mut fuel = *fuel_left;
    // The last frame is held in variables, and written back when the loop is left.
    let mut depth = frames.len();
    let Some((Frame { mut pc, mut base, .. }, mut prepared)) = last(frames, program) else {
        return Err(TrapCode::Unreachable.into());
    };
    // Each turn of this loop has one window at hand; calls, returns and collections begin a new one.
    'frame: loop {
        let code: &[Instruction] = &prepared.code;
        let Some(window) = stack.get_mut(base..).and_then(|stack| stack.first_chunk_mut::<WINDOW>()) else {
            return Err(TrapCode::Unreachable.into());
        };

        /// Notes the next instruction in the last frame.
        macro_rules! save {
            ($pc:expr) => {
                if let Some(frame) = frames.last_mut() {
                    frame.pc = $pc;
                }
            };
        }
        /// Leaves the loop at this instruction.
        macro_rules! leave {
            ($result:expr) => {{
                save!(pc);
                *fuel_left = fuel;
                return $result;
            }};
        }
        /// Sets a slot to a checked result.
        macro_rules! checked {
            ($into:expr, $result:expr, $trap:ident) => {
                match $result {
                    Some(value) => window.put_int($into, value),
                    None => leave!(Err(TrapCode::$trap.into())),
                }
            };
        }
        /// Goes on elsewhere; going back costs fuel.
        macro_rules! jump {
            ($to:expr) => {{
                let to = $to;
                if to <= pc {
                    if fuel == 0 {
                        leave!(Ok(Pause::OutOfFuel));
                    }
                    fuel -= 1;
                }
                pc = to;
                continue;
            }};
        }
        macro_rules! jump_if {
            ($holds:expr, $to:expr) => {
                if $holds {
                    jump!($to.index())
                }
            };
        }

        loop {
            let Some(instruction) = code.get(pc).copied() else { leave!(Err(TrapCode::Unreachable.into())) };
            match instruction {
                Instruction::Move { into, from } => window.put(into, window.get(from)),
                Instruction::Move2 { into, from } => {
                    let (first, second) = (window.get(from), window.get(next(from)));
                    window.put(into, first);
                    window.put(next(into), second);
                }
                Instruction::Share { into, from } => {
                    let bits = window.get(from) & !OWNED;
                    window.put(from, bits);
                    window.put(into, bits);
                }
                Instruction::Take { into, from } => {
                    let bits = window.get(from);
                    window.put(from, 0);
                    window.put(into, bits);
                }
                Instruction::Clear { into, count } => {
                    for offset in 0..count {
                        window.put(SlotIdx(into.0.wrapping_add(offset)), 0);
                    }
                }
                Instruction::LoadInt { into, value } => window.put_int(into, i64::from(value)),
                Instruction::LoadCurrency { into, currency } => {
                    window.put(into, pack_currency(currency));
                }
                Instruction::LoadConst { into, ty, constant } => {
                    if let Err(trap) = load(program, heap, window, into, ty, constant) {
                        leave!(Err(trap));
                    }
                }

                Instruction::Jump { to } => jump!(to.index()),
                Instruction::JumpTable { from, table } => {
                    jump!(choose(prepared.tables.get(usize::from(table.0)), window.int(from)))
                }
                Instruction::JumpIf { from, to } => jump_if!(window.get(from) != 0, to),
                Instruction::JumpUnless { from, to } => jump_if!(window.get(from) == 0, to),
                Instruction::JumpEqual { left, right, to } => jump_if!(window.get(left) == window.get(right), to),
                Instruction::JumpNotEqual { left, right, to } => jump_if!(window.get(left) != window.get(right), to),
                Instruction::JumpLess { left, right, to } => jump_if!(window.int(left) < window.int(right), to),
                Instruction::JumpLessEqual { left, right, to } => jump_if!(window.int(left) <= window.int(right), to),
                Instruction::JumpEqualTo { left, value, to } => jump_if!(window.int(left) == i64::from(value), to),
                Instruction::JumpNotEqualTo { left, value, to } => jump_if!(window.int(left) != i64::from(value), to),
                Instruction::JumpLessThan { left, value, to } => jump_if!(window.int(left) < i64::from(value), to),
                Instruction::JumpAtMost { left, value, to } => jump_if!(window.int(left) <= i64::from(value), to),
                Instruction::JumpGreaterThan { left, value, to } => jump_if!(window.int(left) > i64::from(value), to),
                Instruction::JumpAtLeast { left, value, to } => jump_if!(window.int(left) >= i64::from(value), to),

                Instruction::Call { into, args, function } => {
                    if fuel == 0 {
                        leave!(Ok(Pause::OutOfFuel));
                    }
                    // LIMIT: CALL_DEPTH_MAX
                    if depth > CALL_DEPTH_MAX {
                        leave!(Err(TrapCode::Depth.into()));
                    }
                    fuel -= 1;
                    let function = FuncIdx(u32::from(function.0));
                    let Some(callee) = program.prepared(function) else { leave!(Err(TrapCode::Unreachable.into())) };
                    save!(pc + 1);
                    let first = base + args.index();
                    base += prepared.kinds.len();
                    enter(callee, stack, first, base);
                    frames.push(Frame { function, pc: 0, base, into: into.0 });
                    (prepared, pc, depth) = (callee, 0, depth + 1);
                    continue 'frame;
                }
                Instruction::Return { from } => {
                    if depth == 1 {
                        leave!(Ok(Pause::Returned(Some(from))));
                    }
                    let (bits, first, width) = (window.get(from), base + from.index(), prepared.result);
                    let into = frames.pop().map_or(0, |frame| usize::from(frame.into));
                    let Some((caller, code)) = last(frames, program) else {
                        return Err(TrapCode::Unreachable.into());
                    };
                    (prepared, pc, base, depth) = (code, caller.pc, caller.base, depth - 1);
                    // Without a call of `memmove` where few slots are moved.
                    if width <= 2 {
                        let second = stack.get(first + 1).copied().unwrap_or_default();
                        if let Some(place) = stack.get_mut(base + into) {
                            *place = bits;
                        }
                        if let Some(place) = stack.get_mut(base + into + 1).filter(|_| width == 2) {
                            *place = second;
                        }
                    } else if first + width <= stack.len() {
                        stack.copy_within(first..first + width, base + into);
                    }
                    continue 'frame;
                }
                Instruction::ReturnNothing {} => {
                    if depth == 1 {
                        leave!(Ok(Pause::Returned(None)));
                    }
                    frames.pop();
                    let Some((caller, code)) = last(frames, program) else {
                        return Err(TrapCode::Unreachable.into());
                    };
                    (prepared, pc, base, depth) = (code, caller.pc, caller.base, depth - 1);
                    continue 'frame;
                }
                Instruction::HostCall { into, args, site } => leave!(Ok(Pause::Ask(site, args, into))),
                Instruction::Wait { point } => leave!(Ok(Pause::Wait(point))),
                Instruction::Trap { code } => {
                    leave!(Err(TrapCode::from_number(code.0).unwrap_or(TrapCode::Unreachable).into()))
                }
                Instruction::Require { from, code } => {
                    if window.get(from) == 0 {
                        leave!(Err(TrapCode::from_number(code.0).unwrap_or(TrapCode::Absent).into()));
                    }
                }

                Instruction::Equal { into, left, right } => {
                    window.put_bool(into, window.get(left) == window.get(right))
                }
                Instruction::NotEqual { into, left, right } => {
                    window.put_bool(into, window.get(left) != window.get(right));
                }
                Instruction::Less { into, left, right } => window.put_bool(into, window.int(left) < window.int(right)),
                Instruction::LessEqual { into, left, right } => {
                    window.put_bool(into, window.int(left) <= window.int(right));
                }
                Instruction::EqualTo { into, left, value } => {
                    window.put_bool(into, window.int(left) == i64::from(value));
                }
                Instruction::NotEqualTo { into, left, value } => {
                    window.put_bool(into, window.int(left) != i64::from(value));
                }
                Instruction::LessThan { into, left, value } => {
                    window.put_bool(into, window.int(left) < i64::from(value))
                }
                Instruction::AtMost { into, left, value } => {
                    window.put_bool(into, window.int(left) <= i64::from(value))
                }
                Instruction::GreaterThan { into, left, value } => {
                    window.put_bool(into, window.int(left) > i64::from(value));
                }
                Instruction::AtLeast { into, left, value } => {
                    window.put_bool(into, window.int(left) >= i64::from(value));
                }
                Instruction::Not { into, from } => window.put_bool(into, window.get(from) == 0),
                Instruction::And { into, left, right } => window.put(into, window.get(left) & window.get(right)),
                Instruction::Or { into, left, right } => window.put(into, window.get(left) | window.get(right)),
                Instruction::Minimum { into, left, right } => {
                    window.put_int(into, window.int(left).min(window.int(right)));
                }
                Instruction::Maximum { into, left, right } => {
                    window.put_int(into, window.int(left).max(window.int(right)));
                }

                Instruction::IntAdd { into, left, right } => {
                    checked!(into, window.int(left).checked_add(window.int(right)), Overflow);
                }
                Instruction::IntSub { into, left, right } => {
                    checked!(into, window.int(left).checked_sub(window.int(right)), Overflow);
                }
                Instruction::IntMul { into, left, right } => {
                    checked!(into, window.int(left).checked_mul(window.int(right)), Overflow);
                }
                Instruction::IntDiv { into, left, right } => match divide(window.int(left), window.int(right)) {
                    Ok(value) => window.put_int(into, value),
                    Err(trap) => leave!(Err(trap.into())),
                },
                Instruction::IntMod { into, left, right } => match modulo(window.int(left), window.int(right)) {
                    Ok(value) => window.put_int(into, value),
                    Err(trap) => leave!(Err(trap.into())),
                },
                Instruction::IntAddConst { into, left, value } => {
                    checked!(into, window.int(left).checked_add(i64::from(value)), Overflow);
                }
                Instruction::IntMulConst { into, left, value } => {
                    checked!(into, window.int(left).checked_mul(i64::from(value)), Overflow);
                }
                Instruction::IntDivConst { into, left, value } => match divide(window.int(left), i64::from(value)) {
                    Ok(value) => window.put_int(into, value),
                    Err(trap) => leave!(Err(trap.into())),
                },
                Instruction::IntModConst { into, left, value } => match modulo(window.int(left), i64::from(value)) {
                    Ok(value) => window.put_int(into, value),
                    Err(trap) => leave!(Err(trap.into())),
                },
                Instruction::IntNegate { into, from } => checked!(into, window.int(from).checked_neg(), Overflow),
                Instruction::IntAbsolute { into, from } => checked!(into, window.int(from).checked_abs(), Overflow),
                Instruction::IntOfEnum { into, from } | Instruction::IntOfRef { into, from } => {
                    window.put(into, window.get(from))
                }

                Instruction::RecordGet { into, record, offset } => {
                    window.put(into, heap.field(window.get(record), offset));
                }
                Instruction::RecordSet { record, offset, from }
                    if window.get(record) & OWNED != 0
                        && !prepared.kinds.get(from.index()).is_some_and(|kind| operands::is_handle(*kind)) =>
                {
                    heap.set_field(window.get(record), offset, window.get(from));
                }
                Instruction::ListLength { into, list } => {
                    let (slots, width) = list_at(program, heap, &prepared.kinds, window.get(list), list);
                    window.put_int(into, i64::try_from(slots.len() / width).unwrap_or(i64::MAX));
                }
                Instruction::ListGet { into, list, index } => {
                    let (slots, width) = list_at(program, heap, &prepared.kinds, window.get(list), list);
                    let element = usize::try_from(window.int(index))
                        .ok()
                        .and_then(|index| index.checked_mul(width))
                        .and_then(|first| slots.get(first..first.checked_add(width)?));
                    let Some(element) = element else { leave!(Err(TrapCode::Index.into())) };
                    for (offset, bits) in element.iter().enumerate() {
                        window.put(at(into, offset), *bits);
                    }
                }

                Instruction::DecimalAdd { .. }
                | Instruction::DecimalSub { .. }
                | Instruction::DecimalMul { .. }
                | Instruction::DecimalRound { .. }
                | Instruction::DecimalCompare { .. }
                | Instruction::IntToDecimal { .. }
                    if small::execute(window, instruction) => {}

                other => {
                    let mut spent = u64::MAX;
                    let mut context =
                        Context { program, kinds: &prepared.kinds, window, heap, builder, zone, fuel: &mut spent };
                    if let Err(raised) = ops::execute(&mut context, other) {
                        leave!(Err(raised));
                    }
                    fuel = fuel.saturating_sub(u64::MAX - spent);
                    if heap.has_grown() {
                        pc += 1;
                        save!(pc);
                        *fuel_left = fuel;
                        collect::collect(program, heap, stack, frames)?;
                        continue 'frame;
                    }
                }
            }
            pc += 1;
        }
    }
}

/// The frame on top, and its function.
#[inline(always)]
fn last<'p>(frames: &[Frame], program: &'p Program) -> Option<(Frame, &'p Prepared)> {
    let frame = frames.last().copied()?;
    Some((frame, program.prepared(frame.function)?))
}

/// Where a jump table leads.
fn choose(table: Option<&JumpTable>, number: i64) -> usize {
    let Some(table) = table else { return 0 };
    let place = number.checked_sub(table.first).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| table.targets.get(place)).map_or(table.otherwise as usize, |target| *target as usize)
}

/// A constant into slots.
#[inline(never)]
fn load(
    program: &Program,
    heap: &mut Heap,
    window: &mut Window,
    into: SlotIdx,
    ty: TypeIdx,
    constant: ConstIdx,
) -> Result<(), Raised> {
    let module = program.module();
    match (module.ty(ty), module.consts.get(constant.index())) {
        (Some(TypeDef::Text), _) => {
            window.put(into, u64::from(CONSTANT | u32::from(constant.0)));
            return Ok(());
        }
        (Some(TypeDef::Decimal), Some(Value::Decimal(number))) => {
            window.put_decimal(into, *number);
            return Ok(());
        }
        _ => {}
    }
    let slots = program.constant(ty, constant, heap)?;
    for (offset, bits) in slots.iter().enumerate() {
        window.put(at(into, offset), *bits);
    }
    Ok(())
}

/// The slots of a list's elements, and how many each has.
#[inline(always)]
fn list_at<'a>(program: &Program, heap: &'a Heap, kinds: &[SlotKind], bits: u64, slot: SlotIdx) -> (&'a [u64], usize) {
    let width = match kinds.get(slot.index()) {
        Some(SlotKind::List(ty)) => program.shapes().element(*ty).width().max(1),
        _ => 1,
    };
    (heap.list(bits), width)
}

/// Fills the slots of a called function: its arguments, then zeros.
#[inline(always)]
fn enter(callee: &Prepared, stack: &mut Vec<u64>, first: usize, base: usize) {
    if stack.len() < base + WINDOW {
        grow(stack, base + WINDOW);
    }
    // Most functions are small. Blocks of a fixed size are a few moves, where loops would be calls of `memcpy` and
    // `memset`; what lies beyond the parameters is masked out.
    let Some(mask) = &callee.small else { return enter_large(callee, stack, first, base) };
    let args = stack.get(first..).and_then(|args| args.first_chunk::<SMALL_PARAMS>()).copied().unwrap_or_default();
    let Some(window) = stack.get_mut(base..).and_then(|stack| stack.first_chunk_mut::<SMALL_SLOTS>()) else { return };
    *window = [0; SMALL_SLOTS];
    for ((param, arg), mask) in window.iter_mut().zip(args).zip(mask) {
        *param = arg & mask;
    }
}

/// Makes room for another window.
#[cold]
fn grow(stack: &mut Vec<u64>, slots: usize) {
    stack.resize(slots, 0);
}

/// Fills the slots of a called function with many of them, or with parameters that are lists or records: those have
/// left the caller.
#[inline(never)]
fn enter_large(callee: &Prepared, stack: &mut [u64], first: usize, base: usize) {
    // What the caller has lies below the new frame.
    let Some((below, above)) = stack.split_at_mut_checked(base) else { return };
    let args = below.get_mut(first..).unwrap_or_default();
    above.iter_mut().zip(args.iter()).take(callee.params).for_each(|(param, arg)| *param = *arg);
    if let Some(rest) = above.get_mut(callee.params..callee.kinds.len()) {
        rest.fill(0);
    }
    for offset in &callee.taken {
        if let Some(place) = args.get_mut(usize::from(*offset)) {
            *place = 0;
        }
    }
}

/// Rounded down.
#[inline(always)]
fn divide(left: i64, right: i64) -> Result<i64, TrapCode> {
    if right == 0 {
        return Err(TrapCode::DivisionByZero);
    }
    let quotient = left.checked_div(right).ok_or(TrapCode::Overflow)?;
    let inexact = left.wrapping_rem(right) != 0;
    Ok(if inexact && (left < 0) != (right < 0) { quotient - 1 } else { quotient })
}

/// What is left of the quotient that is rounded down: it has the sign of the divisor.
#[inline(always)]
fn modulo(left: i64, right: i64) -> Result<i64, TrapCode> {
    if right == 0 {
        return Err(TrapCode::DivisionByZero);
    }
    let rest = left.wrapping_rem(right);
    Ok(if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest })
}
