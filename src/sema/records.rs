//! Record types, errors and signals: fields, and that none holds itself.

use super::{
    build::Builder,
    circles,
    errors::names as errors,
    names::Def,
    schema::{ParamHead, Record, RecordId, RecordKind},
    ty::Ty,
    types,
};
use crate::base::{
    limits::FIELDS_MAX,
    span::{FileId, Span},
};
use crate::syntax::ast::Param;

impl Builder<'_, '_> {
    pub(super) fn build_records(&mut self) {
        let records = std::mem::take(&mut self.declarations.records);
        for declared in &records {
            let kind = match self.names.entries.get(&declared.name.name).map(|entry| &entry.def) {
                Some(Def::Error(_)) => RecordKind::Error,
                Some(Def::Signal(_)) => RecordKind::Signal,
                _ => RecordKind::Record,
            };
            let owner = format!("`{}`", declared.name.name);
            self.report_repeated("field", &owner, declared.decl.iter().map(|field| &field.name));
            let fields = self.params(declared.file, declared.decl);
            self.schema.records.push(Record {
                name: declared.name.name.clone(),
                fields,
                kind,
                span: declared.name.span,
            });
        }
        self.refuse_circles();
        self.declarations.records = records;
    }

    /// Parameters, or fields of a record type. Defaults are filled in by a later pass.
    pub(super) fn params(&mut self, file: FileId, params: &[Param]) -> Vec<ParamHead> {
        // LIMIT: `FIELDS_MAX`
        if let Some(param) = params.get(FIELDS_MAX) {
            self.sink.push(errors::too_many("fields or inputs", FIELDS_MAX, param.span));
        }
        params
            .iter()
            .take(FIELDS_MAX)
            .map(|param| ParamHead {
                name: param.name.name.clone(),
                ty: self.resolve(file, &param.ty),
                default: None,
                text_max: types::text_max(&self.names, &param.ty),
                span: param.name.span,
            })
            .collect()
    }

    fn refuse_circles(&mut self) {
        let held = |record: &Record| -> Vec<usize> {
            record.fields.iter().filter_map(|field| record_in(&field.ty)).map(|id| usize::from(id.0)).collect()
        };
        let dependencies: Vec<Vec<usize>> = self.schema.records.iter().map(held).collect();
        for circle in circles::order(&dependencies).circles {
            let records: Vec<&Record> = circle.iter().filter_map(|index| self.schema.records.get(*index)).collect();
            let names: Vec<String> = records.iter().map(|record| record.name.clone()).collect();
            let holders: Vec<(Span, String)> = circle
                .iter()
                .zip(circle.iter().cycle().skip(1))
                .zip(&records)
                .filter_map(|((_, next), record)| {
                    let holds = |ty: &Ty| record_in(ty).is_some_and(|id| usize::from(id.0) == *next);
                    let field = record.fields.iter().find(|field| holds(&field.ty))?;
                    Some((field.span, self.schema.records.get(*next)?.name.clone()))
                })
                .collect();
            if let Some(first) = records.first() {
                self.sink.push(errors::record_circle(&names, first.span, &holders));
            }
            for index in circle {
                let fields = self.schema.records.get_mut(index).into_iter().flat_map(|record| &mut record.fields);
                fields.filter(|field| record_in(&field.ty).is_some()).for_each(|field| field.ty = Ty::Error);
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
