//! What the machine has to know of types while it runs, by index and without looking twice.

use crate::bytecode::{
    layout,
    module::Module,
    operands,
    types::{RecordIdx, SlotKind, TypeDef, TypeIdx},
};

/// The slots of a record or of a list's element.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Their kinds.
    pub(crate) kinds: Vec<SlotKind>,
    /// Whether some refer to the heap.
    pub(crate) refers: bool,
    /// Which ones are lists or records.
    pub(crate) handles: Vec<u16>,
}

impl Shape {
    pub(crate) fn new(kinds: Vec<SlotKind>) -> Self {
        let refers = kinds.iter().any(|kind| refers(*kind));
        let places = kinds.iter().enumerate().filter(|(_, kind)| operands::is_handle(**kind));
        let handles = places.filter_map(|(index, _)| u16::try_from(index).ok()).collect();
        Self { kinds, refers, handles }
    }

    /// How many slots.
    #[inline]
    pub(crate) fn width(&self) -> usize {
        self.kinds.len()
    }
}

/// Whether a slot of this kind refers to the heap.
#[inline]
pub(crate) fn refers(kind: SlotKind) -> bool {
    matches!(kind, SlotKind::Fault | SlotKind::List(_) | SlotKind::Record(_) | SlotKind::Text)
}

/// The shapes of a module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shapes {
    /// By type: elements of lists and sets, empty for other types.
    elements: Vec<Shape>,
    /// By record.
    records: Vec<Shape>,
    /// The widest record.
    pub(crate) widest_record: usize,
}

/// What is not there.
static NOTHING: Shape = Shape { kinds: Vec::new(), refers: false, handles: Vec::new() };

impl Shapes {
    pub(crate) fn new(module: &Module) -> Self {
        let element = |def: &TypeDef| match def {
            TypeDef::List(element) | TypeDef::Set(element) => Shape::new(module.kinds(*element)),
            _ => Shape::default(),
        };
        let elements = module.types.iter().map(element).collect();
        let record = |def| Shape::new(layout::record_kinds(&module.types, def));
        let records: Vec<Shape> = module.records.iter().map(record).collect();
        let widest_record = records.iter().map(Shape::width).max().unwrap_or_default();
        Self { elements, records, widest_record }
    }

    /// The elements of a list or set type.
    #[inline]
    pub(crate) fn element(&self, list: TypeIdx) -> &Shape {
        self.elements.get(list.index()).unwrap_or(&NOTHING)
    }

    /// The fields of a record.
    #[inline]
    pub(crate) fn record(&self, record: RecordIdx) -> &Shape {
        self.records.get(record.index()).unwrap_or(&NOTHING)
    }
}
