//! Record types and errors: fields, and that none holds itself.

use super::{
    build::Builder,
    errors::names as errors,
    names::Def,
    schema::{ParamHead, Record, RecordId, RecordKind, Schema},
    ty::Ty,
};
use crate::base::span::FileId;
use crate::syntax::ast::Param;

impl Builder<'_, '_> {
    pub(super) fn build_records(&mut self) {
        let records = std::mem::take(&mut self.declarations.records);
        for declared in &records {
            let is_error =
                matches!(self.names.entries.get(&declared.name.name).map(|entry| &entry.def), Some(Def::Error(_)));
            let fields = self.params(declared.file, &declared.name.name, "field", declared.decl);
            self.schema.records.push(Record {
                name: declared.name.name.clone(),
                fields,
                kind: if is_error { RecordKind::Error } else { RecordKind::Record },
                span: declared.name.span,
            });
        }
        self.refuse_circles();
        self.declarations.records = records;
    }

    /// Parameters, or fields of a record type. Defaults are filled in by a later pass.
    pub(super) fn params(&mut self, file: FileId, owner: &str, what: &str, params: &[Param]) -> Vec<ParamHead> {
        let owner = format!("`{owner}`");
        self.report_repeated(what, &owner, params.iter().map(|param| &param.name));
        params
            .iter()
            .map(|param| ParamHead {
                name: param.name.name.clone(),
                ty: self.resolve(file, &param.ty),
                default: None,
                span: param.name.span,
            })
            .collect()
    }

    fn refuse_circles(&mut self) {
        let mut reported: Vec<RecordId> = Vec::new();
        for index in 0..self.schema.records.len() {
            let Ok(index) = u16::try_from(index) else { return };
            let start = RecordId(index);
            let Some(ring) = ring_from(&self.schema, start) else { continue };
            if ring.iter().any(|id| reported.contains(id)) {
                continue;
            }
            let names: Vec<String> =
                ring.iter().filter_map(|id| self.schema.record(*id)).map(|record| record.name.clone()).collect();
            if let Some(record) = self.schema.record(start) {
                self.sink.push(errors::record_circle(&names, record.span));
            }
            reported.extend(ring);
        }
        for id in reported {
            for field in self.schema.records.iter_mut().skip(usize::from(id.0)).take(1).flat_map(|r| &mut r.fields) {
                if record_in(&field.ty).is_some() {
                    field.ty = Ty::Error;
                }
            }
        }
    }
}

fn record_in(ty: &Ty) -> Option<RecordId> {
    match ty {
        Ty::Record(id) => Some(*id),
        Ty::Optional(inner) | Ty::List(inner) | Ty::Set(inner) => record_in(inner),
        _ => None,
    }
}

/// The records on the way from `start` back to `start`, if there is one.
fn ring_from(schema: &Schema, start: RecordId) -> Option<Vec<RecordId>> {
    let mut seen = vec![start];
    let mut open = vec![vec![start]];
    while let Some(path) = open.pop() {
        let record = path.last().and_then(|id| schema.record(*id))?;
        for next in record.fields.iter().filter_map(|field| record_in(&field.ty)) {
            if next == start {
                return Some(path);
            }
            if !seen.contains(&next) {
                seen.push(next);
                open.push(path.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}
