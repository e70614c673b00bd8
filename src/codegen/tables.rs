//! The tables of a module that code adds to: types, constants, requests to the host, queries, points.

use std::collections::HashMap;

use super::{consts::Consts, points::PointNames, types::Types};
use crate::{
    base::value::EntityIdx,
    bytecode::{
        host::{HostOp, HostSite},
        module::{FormDef, FunctionKind, ParamDef, ParticularDef, PointDef, QueryDef},
        types::{FormIdx, FuncIdx, ParticularIdx, PointIdx, QueryIdx, RecordIdx, SiteIdx, TypeIdx},
    },
    sema::{hir, schema::FunctionId, ty::Ty},
};

/// Everything that grows while functions are lowered.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) types: Types,
    pub(super) consts: Consts,
    pub(super) sites: Vec<HostSite>,
    pub(super) queries: Vec<QueryDef>,
    pub(super) particulars: Vec<ParticularDef>,
    pub(super) forms: Vec<FormDef>,
    pub(super) form_names: PointNames,
    pub(super) points: Vec<PointDef>,
    pub(super) point_names: PointNames,
    /// Functions that others were found to need.
    pub(super) needed: Vec<Needed>,
    /// The number of the first of these.
    pub(super) needed_from: usize,
    known_sites: HashMap<(HostOp, Vec<TypeIdx>, Option<TypeIdx>), SiteIdx>,
    full: bool,
}

/// A function that comes behind all others, because one of them needs it.
#[derive(Clone)]
pub(super) enum Needed {
    /// One that is called with elements of queries: the second form of a function, which reads the store.
    OfElement(FunctionId),
    /// A branch or an undo block.
    Apart(Box<Apart>),
}

/// Statements of a process that run apart.
#[derive(Clone)]
pub(super) struct Apart {
    /// The process.
    pub(super) process: usize,
    /// What they are.
    pub(super) kind: FunctionKind,
    /// Their name.
    pub(super) name: String,
    /// The title of the stage around them.
    pub(super) stage: String,
    /// The statements.
    pub(super) statements: hir::Apart,
    /// What they give.
    pub(super) result: Ty,
}

/// The name of record types that sort keys have.
const KEYS: &str = "<keys>";

impl Tables {
    /// The index of a request with its signature; equal ones share an entry.
    pub(super) fn site(&mut self, op: HostOp, args: Vec<TypeIdx>, result: Option<TypeIdx>) -> SiteIdx {
        let key = (op, args, result);
        if let Some(known) = self.known_sites.get(&key) {
            return *known;
        }
        let Ok(index) = u16::try_from(self.sites.len()) else {
            self.full = true;
            return SiteIdx(0);
        };
        self.sites.push(HostSite { op: key.0.clone(), args: key.1.clone(), result });
        self.known_sites.insert(key, SiteIdx(index));
        SiteIdx(index)
    }

    /// The index of a query; equal ones share an entry.
    pub(super) fn query(&mut self, query: QueryDef) -> QueryIdx {
        let at = self.queries.iter().position(|known| *known == query).unwrap_or(self.queries.len());
        if at == self.queries.len() {
            self.queries.push(query);
        }
        let index = self.index(at);
        QueryIdx(index)
    }

    /// The index of a record constant; equal ones share an entry.
    pub(super) fn particular(&mut self, entity: EntityIdx, key: &str) -> ParticularIdx {
        let known = |def: &ParticularDef| def.entity == entity && def.key == key;
        let at = self.particulars.iter().position(known).unwrap_or(self.particulars.len());
        if at == self.particulars.len() {
            self.particulars.push(ParticularDef { entity, key: key.to_owned() });
        }
        ParticularIdx(self.index(at))
    }

    /// Adds a form.
    pub(super) fn form(&mut self, form: FormDef) -> FormIdx {
        self.forms.push(form);
        let index = self.index(self.forms.len() - 1);
        FormIdx(index)
    }

    /// A record type with fields of these types and no names: the keys that a query sorts by.
    pub(super) fn keys(&mut self, types: &[TypeIdx]) -> RecordIdx {
        let fields: Vec<ParamDef> =
            types.iter().map(|ty| ParamDef { name: String::new(), ty: *ty, default: None }).collect();
        self.types.record(KEYS, fields)
    }

    /// The number of the form of a function that reads the store.
    pub(super) fn of_element(&mut self, function: FunctionId) -> u16 {
        let known = |needed: &Needed| matches!(needed, Needed::OfElement(known) if *known == function);
        let at = self.needed.iter().position(known).unwrap_or(self.needed.len());
        if at == self.needed.len() {
            self.needed.push(Needed::OfElement(function));
        }
        self.index(self.needed_from + at)
    }

    /// The number of the function of statements that run apart.
    pub(super) fn apart(&mut self, apart: Apart) -> FuncIdx {
        self.needed.push(Needed::Apart(Box::new(apart)));
        FuncIdx(u32::from(self.index(self.needed_from + self.needed.len() - 1)))
    }

    /// Adds a suspension point.
    pub(super) fn point(&mut self, point: PointDef) -> PointIdx {
        self.points.push(point);
        let index = u32::try_from(self.points.len() - 1).ok();
        self.full |= index.is_none();
        PointIdx(index.unwrap_or(0))
    }

    /// What there was too much of, if anything.
    pub(super) fn overflow(&self) -> Option<&'static str> {
        if self.types.is_full() {
            Some("types")
        } else if self.consts.is_full() {
            Some("constants")
        } else if self.full {
            Some("reads, writes, queries, forms and functions")
        } else {
            None
        }
    }

    fn index(&mut self, at: usize) -> u16 {
        // LIMIT: indexes of tables have 16 bits.
        let index = u16::try_from(at).ok();
        self.full |= index.is_none();
        index.unwrap_or(0)
    }
}
