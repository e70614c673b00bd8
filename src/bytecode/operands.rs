//! Which slots an instruction touches, and of which kinds they must be. The verifier compares, liveness counts.

use super::{
    isa::{FunctionOperand, Instruction, Pattern, Role},
    layout,
    module::{Function, Module},
    types::{SiteIdx, SlotKind, TypeDef, TypeIdx},
};

/// Consecutive slots that an instruction touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The operand's name.
    pub name: &'static str,
    /// The first slot.
    pub first: u16,
    /// The kinds that they must be of.
    pub kinds: Vec<SlotKind>,
    /// Whether they are read.
    pub read: bool,
    /// Whether they are written.
    pub written: bool,
}

impl Access {
    /// The slots as indexes.
    pub fn slots(&self) -> impl Iterator<Item = usize> + use<> {
        let first = usize::from(self.first);
        first..first.saturating_add(self.kinds.len())
    }
}

/// Why the kinds of an operand are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// A slot that does not exist.
    Slot(&'static str, u16),
    /// A slot of a kind that the operand does not take.
    Kind(&'static str, SlotKind),
    /// An index that does not exist, or a function without result whose result is asked for.
    Index(&'static str),
}

/// The slots that an instruction touches, in order of its operands.
///
/// # Errors
/// Where an index or the kind of a slot makes no sense.
pub fn accesses(module: &Module, function: &Function, instruction: Instruction) -> Result<Vec<Access>, Unresolved> {
    let resolver = Resolver { module, function, instruction };
    let mut accesses = Vec::with_capacity(3);
    for (operand, number) in instruction.operands().iter().zip(instruction.numbers()) {
        let (pattern, read, written) = match operand.role {
            Role::Put(pattern) => (pattern, false, true),
            Role::Get(pattern) => (pattern, true, false),
            Role::Edit(pattern) => (pattern, true, true),
            Role::Target | Role::Number | Role::Index(_) => continue,
        };
        let first = u16::try_from(number).unwrap_or(u16::MAX);
        let kinds = resolver.kinds(operand.name, pattern, first)?;
        accesses.push(Access { name: operand.name, first, kinds, read, written });
    }
    Ok(accesses)
}

/// Finds the kinds of the operands of one instruction.
struct Resolver<'a> {
    module: &'a Module,
    function: &'a Function,
    instruction: Instruction,
}

impl Resolver<'_> {
    /// The kinds that an operand asks for. Where it takes several, that of its slot if it is one of them.
    fn kinds(&self, name: &'static str, pattern: Pattern, first: u16) -> Result<Vec<SlotKind>, Unresolved> {
        let actual = |offset: u16| {
            let slot = first.saturating_add(offset);
            self.function.slots.get(usize::from(slot)).copied().ok_or(Unresolved::Slot(name, slot))
        };
        let one_of = |fits: fn(SlotKind) -> bool| {
            let kind = actual(0)?;
            if fits(kind) {
                Ok(vec![self.first_of(pattern)?.unwrap_or(kind)])
            } else {
                Err(Unresolved::Kind(name, kind))
            }
        };
        let list_of = |fits: fn(TypeDef) -> bool| {
            let kind = actual(0)?;
            let element = self.element(kind).and_then(|element| self.module.ty(element).copied());
            if element.is_some_and(fits) { Ok(vec![kind]) } else { Err(Unresolved::Kind(name, kind)) }
        };
        match pattern {
            Pattern::Amount => Ok(vec![SlotKind::MoneyAmount]),
            Pattern::Bool => Ok(vec![SlotKind::Bool]),
            Pattern::Currency => Ok(vec![SlotKind::MoneyCurrency]),
            Pattern::Date => Ok(vec![SlotKind::Date]),
            Pattern::DateTime => Ok(vec![SlotKind::DateTime]),
            Pattern::Fault => Ok(vec![SlotKind::Fault]),
            Pattern::Float => Ok(vec![SlotKind::Float]),
            Pattern::Int => Ok(vec![SlotKind::Int]),
            Pattern::Text => Ok(vec![SlotKind::Text]),
            Pattern::Time => Ok(vec![SlotKind::Time]),
            Pattern::AnyRef => Ok(vec![SlotKind::RefEntity, SlotKind::RefId]),
            Pattern::Decimal => Ok(vec![SlotKind::DecimalLow, SlotKind::DecimalHigh]),
            Pattern::Duration => Ok(vec![SlotKind::DurationDays, SlotKind::DurationMicros]),
            Pattern::Money => Ok(vec![SlotKind::MoneyAmount, SlotKind::MoneyCurrency]),
            Pattern::Int2 => Ok(vec![SlotKind::Int; 2]),
            Pattern::Text2 => Ok(vec![SlotKind::Text; 2]),
            Pattern::Enum => one_of(|kind| matches!(kind, SlotKind::Enum(_))),
            Pattern::Ref => one_of(|kind| matches!(kind, SlotKind::Ref(_))),
            Pattern::Record => one_of(|kind| matches!(kind, SlotKind::Record(_))),
            Pattern::List => one_of(|kind| matches!(kind, SlotKind::List(_))),
            Pattern::Plain => one_of(|kind| !is_handle(kind)),
            Pattern::Handle => one_of(is_handle),
            Pattern::Scalar => one_of(is_scalar),
            Pattern::Presence => one_of(is_presence),
            Pattern::Plain2 => self.plain_pair(name, first),
            Pattern::IntList => list_of(|element| matches!(element, TypeDef::Int)),
            Pattern::MoneyList => list_of(|element| matches!(element, TypeDef::Money | TypeDef::MoneyIn(_))),
            Pattern::TextList => list_of(|element| matches!(element, TypeDef::Text)),
            Pattern::KeyList => list_of(|element| matches!(element, TypeDef::Record(_))),
            Pattern::ListOrSet => self.list_or_set(name, first),
            Pattern::Element => {
                let list = match self.first_of(Pattern::List)? {
                    Some(list) => list,
                    None => self.first_of(Pattern::MoneyList)?.ok_or(Unresolved::Index(name))?,
                };
                Ok(self.module.kinds(self.element(list).ok_or(Unresolved::Index(name))?))
            }
            Pattern::Fields => self.fields(name),
            Pattern::Field => {
                let offset = match self.instruction {
                    Instruction::RecordGet { offset, .. } | Instruction::RecordSet { offset, .. } => offset,
                    _ => return Err(Unresolved::Index(name)),
                };
                let kinds = self.fields(name)?;
                Ok(vec![*kinds.get(usize::from(offset)).ok_or(Unresolved::Index("offset"))?])
            }
            Pattern::Slots => match self.instruction {
                Instruction::Clear { count, .. } => (0..count).map(actual).collect(),
                _ => Err(Unresolved::Index(name)),
            },
            Pattern::Typed => match self.instruction {
                Instruction::LoadConst { ty, .. } => self.typed(ty),
                _ => Err(Unresolved::Index(name)),
            },
            Pattern::Arguments => self.arguments(),
            Pattern::Result => self.result(),
        }
    }

    /// The kind of the first operand with this pattern: the others must agree.
    fn first_of(&self, pattern: Pattern) -> Result<Option<SlotKind>, Unresolved> {
        for (operand, number) in self.instruction.operands().iter().zip(self.instruction.numbers()) {
            if let Role::Put(other) | Role::Get(other) | Role::Edit(other) = operand.role
                && other == pattern
            {
                let slot = u16::try_from(number).unwrap_or(u16::MAX);
                let kind = self.function.slots.get(usize::from(slot)).copied();
                return kind.map(Some).ok_or(Unresolved::Slot(operand.name, slot));
            }
        }
        Ok(None)
    }

    fn element(&self, kind: SlotKind) -> Option<TypeIdx> {
        let SlotKind::List(ty) = kind else { return None };
        match self.module.ty(ty)? {
            TypeDef::List(element) | TypeDef::Set(element) => Some(*element),
            _ => None,
        }
    }

    fn plain_pair(&self, name: &'static str, first: u16) -> Result<Vec<SlotKind>, Unresolved> {
        let from = match self.instruction {
            Instruction::Move2 { from, .. } => from.0,
            _ => first,
        };
        let pair = [from, from.saturating_add(1)].map(|slot| {
            let kind = self.function.slots.get(usize::from(slot)).copied().ok_or(Unresolved::Slot(name, slot))?;
            if is_handle(kind) { Err(Unresolved::Kind(name, kind)) } else { Ok(kind) }
        });
        pair.into_iter().collect()
    }

    fn list_or_set(&self, name: &'static str, first: u16) -> Result<Vec<SlotKind>, Unresolved> {
        let slot_kind =
            |slot: u16| self.function.slots.get(usize::from(slot)).copied().ok_or(Unresolved::Slot(name, slot));
        let kind = slot_kind(first)?;
        let element = self.element(kind).ok_or(Unresolved::Kind(name, kind))?;
        let other = match self.first_of(Pattern::ListOrSet)? {
            Some(other) => self.element(other).ok_or(Unresolved::Kind(name, other))?,
            None => element,
        };
        if element == other { Ok(vec![kind]) } else { Err(Unresolved::Kind(name, kind)) }
    }

    fn fields(&self, name: &'static str) -> Result<Vec<SlotKind>, Unresolved> {
        let Some(SlotKind::Record(record)) = self.first_of(Pattern::Record)? else {
            return Err(Unresolved::Index(name));
        };
        let def = self.module.record(record).ok_or(Unresolved::Index(name))?;
        Ok(layout::record_kinds(&self.module.types, def))
    }

    fn typed(&self, ty: TypeIdx) -> Result<Vec<SlotKind>, Unresolved> {
        self.module.ty(ty).ok_or(Unresolved::Index("ty"))?;
        Ok(self.module.kinds(ty))
    }

    fn callee(&self, function: FunctionOperand) -> Result<&Function, Unresolved> {
        self.module.functions.get(usize::from(function.0)).ok_or(Unresolved::Index("function"))
    }

    fn arguments(&self) -> Result<Vec<SlotKind>, Unresolved> {
        let types = match self.instruction {
            Instruction::Call { function, .. } => &self.callee(function)?.params,
            Instruction::HostCall { site, .. } => {
                &self.module.sites.get(SiteIdx::index(site)).ok_or(Unresolved::Index("site"))?.args
            }
            _ => return Err(Unresolved::Index("args")),
        };
        let mut kinds = Vec::new();
        for ty in types {
            layout::push_kinds(&self.module.types, *ty, &mut kinds);
        }
        Ok(kinds)
    }

    fn result(&self) -> Result<Vec<SlotKind>, Unresolved> {
        let result = match self.instruction {
            Instruction::Call { function, .. } => self.callee(function)?.result,
            Instruction::HostCall { site, .. } => {
                self.module.sites.get(SiteIdx::index(site)).ok_or(Unresolved::Index("site"))?.result
            }
            Instruction::Return { .. } => Some(self.function.result.ok_or(Unresolved::Index("from"))?),
            _ => return Err(Unresolved::Index("into")),
        };
        result.map_or(Ok(Vec::new()), |ty| self.typed(ty))
    }
}

/// Whether slots of this kind may own what they refer to.
#[must_use]
#[inline]
pub fn is_handle(kind: SlotKind) -> bool {
    matches!(kind, SlotKind::List(_) | SlotKind::Record(_))
}

/// Whether slots of this kind are compared as whole numbers.
#[must_use]
#[inline]
pub fn is_scalar(kind: SlotKind) -> bool {
    matches!(
        kind,
        SlotKind::Bool
            | SlotKind::Date
            | SlotKind::DateTime
            | SlotKind::Enum(_)
            | SlotKind::Instance
            | SlotKind::Int
            | SlotKind::MoneyAmount
            | SlotKind::Ref(_)
            | SlotKind::Time
    )
}

/// Whether zero in slots of this kind may mean absence.
#[must_use]
#[inline]
pub fn is_presence(kind: SlotKind) -> bool {
    matches!(kind, SlotKind::Bool | SlotKind::Instance | SlotKind::Ref(_) | SlotKind::RefEntity)
}
