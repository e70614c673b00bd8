//! A module that was verified and prepared to run. There is no other way to one than through the verifier.

use std::collections::{HashMap, hash_map::Entry};

use super::{
    fault::Place,
    heap::{CONSTANT, Heap},
    shape::{Shape, Shapes},
    values::{self, Misfit},
};
use crate::{
    base::{pattern::Pattern, value::Value},
    bytecode::{
        container::{self, BuildId, ContainerError},
        isa::Instruction,
        layout,
        link::{self, LinkError, Numbering},
        module::{Function, JumpTable, Module},
        traps::TrapCode,
        types::{ConstIdx, FuncIdx, SlotKind, TypeIdx},
        verify::{self, VerifyError},
    },
};

/// Why bytes do not become a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// They are no build, or damaged.
    Container(ContainerError),
    /// The verifier refuses what they hold.
    Refused(VerifyError),
    /// They do not go with what a store knows.
    Link(LinkError),
}

impl LoadError {
    /// The code of the registry.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            LoadError::Container(ContainerError::NotABuild | ContainerError::Format(..)) => "E0905",
            LoadError::Container(ContainerError::TooLarge) => "E0903",
            LoadError::Container(ContainerError::Damaged(_)) => "E0904",
            LoadError::Refused(_) => "E0916",
            LoadError::Link(_) => "E0920",
        }
    }
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Container(error) => error.fmt(f),
            LoadError::Refused(error) => write!(f, "the build is refused: {error}"),
            LoadError::Link(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

/// A verified module, ready to run.
#[derive(Debug)]
pub struct Program {
    module: Module,
    functions: Vec<Prepared>,
    shapes: Shapes,
    patterns: HashMap<u16, Pattern>,
    build: BuildId,
}

/// A function, ready to run.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// Its instructions.
    pub(super) code: Box<[Instruction]>,
    /// The kinds of its slots.
    pub(super) kinds: Box<[SlotKind]>,
    /// Its jump tables.
    pub(super) tables: Box<[JumpTable]>,
    /// The slots of its parameters.
    pub(super) params: usize,
    /// Which of them are lists or records.
    pub(super) taken: Vec<u16>,
    /// The slots of its result.
    pub(super) result: usize,
    /// Of a function with few slots and no lists or records among its parameters: a mask of ones for each slot of a
    /// parameter.
    pub(super) small: Option<[u64; SMALL_PARAMS]>,
}

/// At most so many slots of parameters has a small function.
pub(super) const SMALL_PARAMS: usize = 4;
/// At most so many slots.
pub(super) const SMALL_SLOTS: usize = 12;

impl Program {
    /// Verifies a module.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn new(module: Module) -> Result<Self, VerifyError> {
        let build = container::identify(&module).map_err(|error| VerifyError {
            function: None,
            pc: None,
            reason: error.to_string(),
        })?;
        Self::prepare(module, build)
    }

    /// Reads a build, and verifies it.
    ///
    /// # Errors
    /// If the bytes are no build, or the verifier refuses it.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let (module, build) = container::decode(bytes).map_err(LoadError::Container)?;
        Self::prepare(module, build).map_err(LoadError::Refused)
    }

    /// Reads a build and gives its entities and fields the numbers of a store; its identity stays.
    ///
    /// # Errors
    /// If the bytes are no build, or it cannot be renumbered, or the verifier refuses it.
    pub fn load_into(bytes: &[u8], numbering: &Numbering) -> Result<Self, LoadError> {
        let (module, build) = container::decode(bytes).map_err(LoadError::Container)?;
        // What is renumbered is right only if it was right before.
        verify::verify(&module).map_err(LoadError::Refused)?;
        let module = link::link(module, numbering).map_err(LoadError::Link)?;
        Self::prepare(module, build).map_err(LoadError::Refused)
    }

    fn prepare(module: Module, build: BuildId) -> Result<Self, VerifyError> {
        let verified = verify::verify(&module)?;
        let patterns = patterns(&module, &verified.code)?;
        let prepare = |(function, code): (&Function, Vec<Instruction>)| {
            let mut params = Vec::new();
            for param in &function.params {
                layout::push_kinds(&module.types, *param, &mut params);
            }
            let params = Shape::new(params);
            let is_small =
                params.width() <= SMALL_PARAMS && function.slots.len() <= SMALL_SLOTS && params.handles.is_empty();
            Prepared {
                code: code.into_boxed_slice(),
                kinds: function.slots.clone().into_boxed_slice(),
                tables: function.tables.clone().into_boxed_slice(),
                params: params.width(),
                result: function.result.map_or(0, |ty| usize::from(module.width(ty))),
                small: is_small.then(|| std::array::from_fn(|slot| if slot < params.width() { u64::MAX } else { 0 })),
                taken: params.handles,
            }
        };
        let functions = module.functions.iter().zip(verified.code).map(prepare).collect();
        let shapes = Shapes::new(&module);
        Ok(Self { module, functions, shapes, patterns, build })
    }

    /// The identity of its build.
    #[must_use]
    pub fn build(&self) -> BuildId {
        self.build
    }

    /// The module.
    #[must_use]
    #[inline]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The function of this index as it runs.
    #[inline]
    pub(super) fn prepared(&self, function: FuncIdx) -> Option<&Prepared> {
        self.functions.get(function.index())
    }

    /// The function of this index.
    #[inline]
    pub(super) fn function(&self, function: FuncIdx) -> Option<&Function> {
        self.module.function(function)
    }

    /// The pattern that a constant is.
    pub(super) fn pattern(&self, constant: ConstIdx) -> Option<&Pattern> {
        self.patterns.get(&constant.0)
    }

    /// The shapes of types.
    #[inline]
    pub(super) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// A constant as slots.
    pub(super) fn constant(&self, ty: TypeIdx, constant: ConstIdx, heap: &mut Heap) -> Result<Vec<u64>, TrapCode> {
        let mut slots = Vec::with_capacity(2);
        match self.module.consts.get(constant.index()) {
            Some(Value::Text(_)) if self.module.width(ty) == 1 => {
                slots.push(u64::from(CONSTANT | u32::from(constant.0)))
            }
            Some(Value::Text(_)) => slots.extend([1, u64::from(CONSTANT | u32::from(constant.0))]),
            Some(value) => values::write(self, heap, ty, value, &mut slots).map_err(|misfit| match misfit {
                Misfit::Type => TrapCode::Conversion,
                Misfit::Limit(code) => code,
            })?,
            None => {}
        }
        Ok(slots)
    }

    /// A constant that is a text.
    #[inline]
    pub(super) fn text(&self, constant: ConstIdx) -> &str {
        match self.module.consts.get(constant.index()) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The text of a handle that refers to a constant.
    #[inline]
    pub(super) fn constant_text(&self, handle: u32) -> &str {
        self.text(ConstIdx(u16::try_from(handle & !CONSTANT).unwrap_or(u16::MAX)))
    }

    /// Where an instruction came from.
    #[must_use]
    pub fn place(&self, function: FuncIdx, pc: usize) -> Option<Place> {
        let (file, line, stage) = self.line(function, pc)?;
        Some(Place {
            file: file.to_owned(),
            line,
            function: self.module.function(function)?.name.clone(),
            stage: stage.to_owned(),
            called_at: String::new(),
        })
    }

    /// The file, line and stage of an instruction, if known.
    #[must_use]
    pub fn line(&self, function: FuncIdx, pc: usize) -> Option<(&str, u32, &str)> {
        let debug = &self.module.debug;
        let lines = debug.lines.get(function.index())?;
        let after = lines.partition_point(|line| (line.pc as usize) <= pc);
        let line = lines.get(after.checked_sub(1)?)?;
        Some((debug.files.get(line.file as usize)?, line.line, &line.stage))
    }
}
/// The patterns that the code names, each read once.
fn patterns(module: &Module, code: &[Vec<Instruction>]) -> Result<HashMap<u16, Pattern>, VerifyError> {
    let mut patterns = HashMap::new();
    for instruction in code.iter().flatten() {
        let Instruction::TextMatches { pattern, .. } = instruction else { continue };
        let Some(Value::Text(text)) = module.consts.get(pattern.index()) else { continue };
        if let Entry::Vacant(vacant) = patterns.entry(pattern.0) {
            let refused = |reason| VerifyError { function: None, pc: None, reason: format!("a pattern: {reason}") };
            vacant.insert(Pattern::new(text).map_err(refused)?);
        }
    }
    Ok(patterns)
}
