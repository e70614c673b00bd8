//! How control and values flow through a function: successors of instructions, and the slots that live on after a
//! suspension point.
//!
//! Liveness is the usual backward analysis, on instructions, with a work list: a set of slots only grows, so it ends.
//! Each instruction that a handler covers may go on at the handler.

use std::collections::BTreeMap;

use super::{
    isa::{Instruction, Role, Target},
    module::{Function, Module},
    operands::{self, Unresolved},
    types::{PointIdx, SlotIdx},
};

/// Whether the instruction after this one may run next (or when its callee or the host has answered).
#[must_use]
pub fn falls_through(instruction: Instruction) -> bool {
    !matches!(
        instruction,
        Instruction::Jump { .. }
            | Instruction::JumpTable { .. }
            | Instruction::Return { .. }
            | Instruction::ReturnNothing { .. }
            | Instruction::Stop { .. }
            | Instruction::Trap { .. }
            | Instruction::Raise { .. }
            | Instruction::RaiseAgain { .. }
    )
}

/// Where an instruction may jump to.
#[must_use]
pub fn targets(function: &Function, instruction: Instruction) -> Vec<usize> {
    if let Instruction::JumpTable { table, .. } = instruction {
        let Some(table) = function.tables.get(usize::from(table.0)) else { return Vec::new() };
        return table.targets.iter().chain([&table.otherwise]).map(|target| *target as usize).collect();
    }
    let operands = instruction.operands().iter().zip(instruction.numbers());
    operands.filter(|(operand, _)| operand.role == Role::Target).map(|(_, number)| number as usize).collect()
}

/// A set of slots.
#[derive(Clone, Default, PartialEq, Eq)]
struct SlotSet(Vec<u64>);

impl SlotSet {
    fn new(slots: usize) -> Self {
        Self(vec![0; slots.div_ceil(64)])
    }

    fn insert(&mut self, slot: usize) {
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    fn remove(&mut self, slot: usize) {
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word &= !(1 << (slot % 64));
        }
    }

    fn insert_all(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    fn common(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(word, more)| word & more).collect())
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(index, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit))
    }
}

/// An instruction as liveness sees it.
struct Node {
    reads: Vec<usize>,
    writes: Vec<usize>,
    next: Vec<usize>,
    handlers: Vec<usize>,
}

/// The slots that are read after each `Wait` of a function before they are written, ascending.
///
/// # Errors
/// Where an instruction makes no sense.
pub fn live_at_points(
    module: &Module,
    function: &Function,
    code: &[Instruction],
) -> Result<BTreeMap<PointIdx, Vec<SlotIdx>>, Unresolved> {
    if !code.iter().any(|instruction| matches!(instruction, Instruction::Wait { .. })) {
        return Ok(BTreeMap::new());
    }
    let nodes = nodes(module, function, code)?;
    let live = solve(function, &nodes);
    let mut points = BTreeMap::new();
    for (pc, instruction) in code.iter().enumerate() {
        if let Instruction::Wait { point } = instruction {
            // A wait reads and writes nothing, so what lives before it lives after it; what only a handler of the
            // wait itself reads is kept too, because a cancellation goes there.
            let slots = live.get(pc).into_iter().flat_map(SlotSet::iter);
            points.insert(*point, slots.filter_map(|slot| u16::try_from(slot).ok()).map(SlotIdx).collect());
        }
    }
    Ok(points)
}

/// The slots that have a value before `at` on every way there from the `Wait` at `from`, after which those of `live` have
/// theirs. Where no way leads there: none.
///
/// # Errors
/// Where an instruction makes no sense.
pub fn assigned_since(
    module: &Module,
    function: &Function,
    code: &[Instruction],
    (from, live): (usize, &[SlotIdx]),
    at: usize,
) -> Result<Vec<SlotIdx>, Unresolved> {
    let nodes = nodes(module, function, code)?;
    let mut restored = SlotSet::new(function.slots.len());
    live.iter().for_each(|slot| restored.insert(slot.index()));
    let mut before: BTreeMap<usize, SlotSet> = BTreeMap::new();
    let mut work = vec![(from.saturating_add(1), restored)];
    while let Some((pc, set)) = work.pop() {
        let Some(node) = nodes.get(pc) else { continue };
        let merged = before.get(&pc).map_or_else(|| set.clone(), |known| known.common(&set));
        if before.get(&pc) == Some(&merged) {
            continue;
        }
        for handler in node.handlers.iter().filter_map(|index| function.handlers.get(*index)) {
            let mut caught = merged.clone();
            caught.insert(handler.fault.index());
            work.push((handler.target as usize, caught));
        }
        let mut after = merged.clone();
        node.writes.iter().for_each(|slot| after.insert(*slot));
        work.extend(node.next.iter().map(|next| (*next, after.clone())));
        before.insert(pc, merged);
    }
    let slots = before.get(&at).into_iter().flat_map(SlotSet::iter);
    Ok(slots.filter_map(|slot| u16::try_from(slot).ok()).map(SlotIdx).collect())
}

fn nodes(module: &Module, function: &Function, code: &[Instruction]) -> Result<Vec<Node>, Unresolved> {
    let mut nodes = Vec::with_capacity(code.len());
    for (pc, instruction) in code.iter().enumerate() {
        let accesses = operands::accesses(module, function, *instruction)?;
        let mut next = targets(function, *instruction);
        if falls_through(*instruction) {
            next.push(pc.saturating_add(1));
        }
        next.retain(|target| *target < code.len());
        let covering = function.handlers.iter().enumerate();
        nodes.push(Node {
            reads: accesses.iter().filter(|a| a.read).flat_map(operands::Access::slots).collect(),
            writes: accesses.iter().filter(|a| a.written).flat_map(operands::Access::slots).collect(),
            next,
            handlers: covering
                .filter(|(_, handler)| (handler.start as usize..handler.end as usize).contains(&pc))
                .map(|(index, _)| index)
                .collect(),
        });
    }
    Ok(nodes)
}

/// The slots that live before each instruction.
fn solve(function: &Function, nodes: &[Node]) -> Vec<SlotSet> {
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut note = |target: usize, pc: usize| {
        if let Some(users) = users.get_mut(target) {
            users.push(pc);
        }
    };
    for (pc, node) in nodes.iter().enumerate() {
        for next in &node.next {
            note(*next, pc);
        }
        for handler in node.handlers.iter().filter_map(|index| function.handlers.get(*index)) {
            note(handler.target as usize, pc);
        }
    }
    let mut live = vec![SlotSet::new(function.slots.len()); nodes.len()];
    let mut waiting = vec![true; nodes.len()];
    let mut work: Vec<usize> = (0..nodes.len()).collect();
    while let Some(pc) = work.pop() {
        let Some(node) = nodes.get(pc) else { continue };
        if let Some(waiting) = waiting.get_mut(pc) {
            *waiting = false;
        }
        let before = live_before(function, node, &live);
        if live.get(pc) == Some(&before) {
            continue;
        }
        if let Some(place) = live.get_mut(pc) {
            *place = before;
        }
        for user in users.get(pc).into_iter().flatten() {
            if let Some(waiting) = waiting.get_mut(*user)
                && !*waiting
            {
                *waiting = true;
                work.push(*user);
            }
        }
    }
    live
}

fn live_before(function: &Function, node: &Node, live: &[SlotSet]) -> SlotSet {
    let mut set = SlotSet::new(function.slots.len());
    for next in node.next.iter().filter_map(|next| live.get(*next)) {
        set.insert_all(next);
    }
    for slot in &node.writes {
        set.remove(*slot);
    }
    for handler in node.handlers.iter().filter_map(|index| function.handlers.get(*index)) {
        let Some(target) = live.get(handler.target as usize) else { continue };
        let fault = handler.fault.index();
        for slot in target.iter().filter(|slot| *slot != fault) {
            set.insert(slot);
        }
    }
    for slot in &node.reads {
        set.insert(*slot);
    }
    set
}

/// A target as an instruction stores it.
#[must_use]
pub fn target(pc: usize) -> Option<Target> {
    u16::try_from(pc).ok().map(Target)
}
