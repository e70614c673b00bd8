//! `let`, `var`, `set`: names get values, once or often.

use super::checker::{Checker, Primary, error, read};
use crate::{
    base::span::Span,
    sema::{
        errors::{facts, records, settings, types, uses},
        hir::{Arithmetic, Expr, ExprKind, LocalId, Place, Stmt, StmtKind},
        schema::Phase,
        ty::Ty,
    },
    syntax::ast::{self, AssignOp, Ident, Rhs, TypeExpr},
};

impl Checker<'_> {
    /// `let x: T = e`, `var n = 0`.
    pub(super) fn let_stmt(
        &mut self,
        name: &Ident,
        ty: Option<&TypeExpr>,
        value: Option<&Rhs>,
        mutable: bool,
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        let written = ty.map(|ty| (self.resolve(ty), ty.span));
        let text_max = ty.and_then(|ty| crate::sema::types::text_max(self.names, ty));
        let ty_span = written.as_ref().map(|(_, span)| *span);
        let Some(value) = value else {
            let ty = match written {
                Some((ty, _)) => ty,
                None => {
                    self.report(types::name_needs_type(&name.name, name.span));
                    Ty::Error
                }
            };
            let is_broken = ty == Ty::Error;
            let local = self.declare(name, ty, mutable);
            self.limit_text(local, text_max);
            if !is_broken {
                self.late.insert(local, self.loops.len());
            }
            return;
        };
        let value = self.rhs(value, written.as_ref().map(|(ty, _)| ty), out);
        let (value, ty) = match written {
            Some((ty, cause)) => (self.coerce(value, &ty, Some(cause)), ty),
            None if value.ty == Ty::None => {
                let message = types::name_needs_type(&name.name, value.span);
                (self.refuse(message, value.span), Ty::Error)
            }
            None if value.ty == Ty::Void => {
                let message = types::no_value(value.span);
                (self.refuse(message, value.span), Ty::Error)
            }
            None => {
                let ty = value.ty.clone();
                (value, ty)
            }
        };
        let value = self.limited(value, text_max, ty_span);
        let local = self.declare(name, ty, mutable);
        self.limit_text(local, text_max);
        self.assigned(local, &value, span);
        self.store(Place::Local { local, path: Vec::new() }, value, span, out);
    }

    /// Writes a value; where it is the result of the statement just before, that statement writes it.
    fn store(&mut self, place: Place, value: Expr, span: Span, out: &mut Vec<Stmt>) {
        if matches!(&place, Place::Local { path, .. } if path.is_empty())
            && let ExprKind::Local(made) = value.kind
            && let Some(last) = out.last_mut()
            && self.local(made).is_some_and(|local| local.name.is_empty())
            && let Some(into) = super::process_calls::result_place(&mut last.kind)
            && matches!(into, Some(Place::Local { local, path }) if *local == made && path.is_empty())
        {
            *into = Some(place);
            last.span = span;
            return;
        }
        out.push(Stmt { kind: StmtKind::Assign { place, value }, span });
    }

    /// The right side of `let`, `var`, `set`, `return`: an effect becomes a statement before.
    pub(super) fn rhs(&mut self, value: &Rhs, expected: Option<&Ty>, out: &mut Vec<Stmt>) -> Expr {
        match value {
            Rhs::Expr(value) => self.expr(value, expected),
            Rhs::Effect(effect) => {
                let span = effect.span;
                let (mut kind, ty) = self.effect(effect, span);
                out.append(&mut self.before);
                if ty == Ty::Error {
                    out.push(Stmt { kind, span });
                    return error(span);
                }
                let local = self.made(ty.clone(), span);
                if ty != Ty::Void
                    && let Some(into) = super::process_calls::result_place(&mut kind)
                {
                    *into = Some(Place::Local { local, path: Vec::new() });
                }
                out.push(Stmt { kind, span });
                read(local, ty, span)
            }
        }
    }

    /// `set n += 1`.
    pub(super) fn set_stmt(&mut self, target: &ast::Expr, op: AssignOp, value: &Rhs, span: Span, out: &mut Vec<Stmt>) {
        let Some((place, ty, cause)) = self.place(target, op) else {
            self.rhs(value, Some(&Ty::Error), out);
            return;
        };
        let value = match op {
            AssignOp::Set => {
                let value = self.rhs(value, Some(&ty), out);
                self.coerce(value, &ty, cause)
            }
            _ => {
                let before = self.place_value(&place, target.span);
                let before = self.present(before);
                let operand = self.rhs(value, None, out);
                let operand = self.present(operand);
                let result = self.calculate(arithmetic(op), target.span, before, operand, span);
                self.coerce(result, &ty, cause)
            }
        };
        let text_max = self.place_max(&place);
        let value = self.limited(value, text_max, cause);
        self.refuse_pending(&place, &value);
        match &place {
            Place::Local { local, path } => {
                if path.is_empty() {
                    self.assigned(*local, &value, target.span);
                    self.flow.assigned.insert(*local);
                    self.flow.maybe_assigned.insert(*local, target.span);
                } else {
                    self.flow.forget(&super::facts::Path::local(*local));
                    self.trace.assigned.insert(*local, span);
                }
            }
            Place::Pending { .. } => {
                let read = self.place_value(&place, target.span);
                if let Some(path) = self.path(&read) {
                    self.flow.forget(&path);
                }
            }
            Place::Input(_) => {}
        }
        self.store(place, value, span, out);
    }

    /// A message where `set` gives a field of the record that is about to be written what it can never take.
    pub(super) fn refuse_pending(&mut self, place: &Place, value: &Expr) {
        let Place::Pending { entity, field } = place else { return };
        let schema = self.schema;
        if let Some(field) = schema.entity(*entity).and_then(|entity| entity.fields.get(usize::from(field.0))) {
            self.refuse_beyond(value, field);
        }
    }

    /// What is stored at a place.
    fn place_value(&mut self, place: &Place, span: Span) -> Expr {
        match place {
            Place::Local { local, path } => {
                let mut value = self.local_or_pending(*local, span);
                for (record, index) in path {
                    let ty = self.schema.record(*record).and_then(|r| r.fields.get(usize::from(*index)));
                    let ty = ty.map_or(Ty::Error, |field| field.ty.clone());
                    value = Expr { kind: ExprKind::RecordField { base: Box::new(value), index: *index }, ty, span };
                }
                value
            }
            Place::Pending { entity, field } => {
                let ty = self.schema.entity(*entity).and_then(|e| e.fields.get(usize::from(field.0)));
                let ty = ty.map_or(Ty::Error, |field| field.ty.clone());
                let base = Box::new(self.local_or_pending(LocalId(0), span));
                self.narrowed(Expr { kind: ExprKind::Field { base, entity: *entity, field: *field }, ty, span })
            }
            Place::Input(index) => {
                let action = self.host.action().and_then(|(action, _)| self.schema.process(action));
                let ty = action.and_then(|head| head.params.get(usize::from(*index)));
                let ty = ty.map_or(Ty::Error, |param| param.ty.clone());
                self.capture(crate::sema::hir::Capture::Input(*index), ty, span)
            }
        }
    }

    /// What `set` writes, with its type and where that was declared; `None` after a message.
    fn place(&mut self, target: &ast::Expr, op: AssignOp) -> Option<(Place, Ty, Option<Span>)> {
        match &target.kind {
            ast::ExprKind::Name(name) => self.local_place(name, op),
            ast::ExprKind::Member { base, name, optional: false } => self.field_place(base, name, target.span),
            ast::ExprKind::Error => None,
            _ => {
                self.report(types::not_a_place(target.span));
                None
            }
        }
    }

    fn local_place(&mut self, name: &Ident, op: AssignOp) -> Option<(Place, Ty, Option<Span>)> {
        let Some(local) = self.lookup(&name.name) else {
            if self.host.head().is_none_or(|head| !head.is_broken) {
                let near = crate::base::distance::did_you_mean(&name.name, self.visible());
                let message = uses::unknown_name(&name.name, name.span, &near, &[], None);
                self.report(message);
            }
            return None;
        };
        let declared = self.local(local)?.clone();
        if !declared.mutable {
            match self.late.get(&local) {
                Some(loops) if op == AssignOp::Set => {
                    let again = self.flow.maybe_assigned.get(&local).copied();
                    if let Some(first) = again {
                        self.report(facts::set_twice(&name.name, name.span, first));
                        self.flow.assigned.insert(local);
                        return None;
                    }
                    if *loops < self.loops.len() {
                        self.report(facts::set_in_loop(&name.name, name.span, declared.span));
                        return None;
                    }
                }
                _ => {
                    let is_param = self.is_param(local);
                    self.report(types::not_mutable(&name.name, is_param, name.span, declared.span));
                    return None;
                }
            }
        }
        Some((Place::Local { local, path: Vec::new() }, declared.ty, Some(declared.span)))
    }

    /// Whether a local is a parameter.
    fn is_param(&self, local: LocalId) -> bool {
        use super::checker::Host;
        let count = match self.host {
            Host::Function(head) => head.params.len(),
            Host::Process(head) => head.params.len() + usize::from(head.primary.is_some()),
            Host::OnlyIf(_) | Host::ShownAs(_) => 1,
            Host::Constant | Host::Test => 0,
        };
        usize::from(local.0) < count
    }

    fn field_place(&mut self, base: &ast::Expr, name: &Ident, span: Span) -> Option<(Place, Ty, Option<Span>)> {
        if let ast::ExprKind::Name(first) = &base.kind {
            match self.lookup(&first.name) {
                Some(local) if self.is_primary(local) => return self.primary_place(local, first, name),
                None if first.name == "inputs" && self.host.action().is_some() => return self.input_place(name, span),
                None if first.name == "config" => {
                    self.report(settings::set(&name.name, span));
                    return None;
                }
                _ => {}
            }
        }
        let (place, ty, _) = self.record_place(base)?;
        match (place, ty) {
            (Place::Local { local, mut path }, Ty::Record(record)) => {
                let declared = self.schema.record(record)?;
                let Some((field, index)) = declared.fields.iter().zip(0_u16..).find(|(f, _)| f.name == name.name)
                else {
                    let known = declared.fields.iter().map(|field| field.name.as_str());
                    let near = crate::base::distance::did_you_mean(&name.name, known);
                    self.report(uses::unknown_field(&declared.name, &name.name, name.span, declared.span, &near));
                    return None;
                };
                path.push((record, index));
                Some((Place::Local { local, path }, field.ty.clone(), Some(field.span)))
            }
            (_, ty) => {
                self.stored_place(&ty, base, name);
                None
            }
        }
    }

    /// The base of a field that is set: a `var`, or a record value in one.
    fn record_place(&mut self, base: &ast::Expr) -> Option<(Place, Ty, Option<Span>)> {
        match &base.kind {
            ast::ExprKind::Name(first) => {
                if let Some(local) = self.lookup(&first.name)
                    && !matches!(self.local_ty(local), Ty::Record(_) | Ty::Error)
                {
                    self.read.insert(local);
                    return Some((Place::Local { local, path: Vec::new() }, self.local_ty(local), None));
                }
                self.local_place(first, AssignOp::Add)
            }
            ast::ExprKind::Member { base, name, optional: false } => self.field_place(base, name, base.span),
            _ => {
                let value = self.expr(base, None);
                if value.ty != Ty::Error {
                    self.report(types::not_a_place(base.span));
                }
                None
            }
        }
    }

    /// `set deal.title = …` of a stored record is refused: `update` writes those.
    fn stored_place(&mut self, ty: &Ty, base: &ast::Expr, name: &Ident) {
        match ty {
            Ty::Error => {}
            _ if !ty.entities().is_empty() || *ty.present() == Ty::AnyRef => {
                self.report(records::set_of_stored(&name.name, base.span, name.span));
            }
            _ => {
                let shown = self.show(ty);
                self.report(types::no_members(&shown, &name.name, base.span, name.span));
            }
        }
    }

    /// `set deal.rating = hot` in a process that runs before the record is written.
    pub(super) fn primary_place(
        &mut self,
        local: LocalId,
        first: &Ident,
        name: &Ident,
    ) -> Option<(Place, Ty, Option<Span>)> {
        match self.host.primary() {
            Primary::Pending | Primary::Before => {}
            Primary::Leaving => {
                self.report(records::is_leaving(&first.name, "set", first.span));
                return None;
            }
            Primary::Gone => {
                self.report(records::gone(&first.name, first.span));
                return None;
            }
            Primary::Stored => {
                self.report(records::set_of_stored(&name.name, first.span, name.span));
                return None;
            }
        }
        let record = self.local_or_pending(local, first.span);
        let entities = record.ty.entities();
        let [entity] = entities.as_slice() else {
            let shown = self.show(&record.ty);
            self.report(records::several_entities_written(&shown, "set", first.span));
            return None;
        };
        let (entity, declared) = (*entity, self.schema.entity(*entity)?);
        let Some((field, found)) = declared.field(&name.name) else {
            let message = match declared.computed(&name.name) {
                Some(computed) => records::computed_written(&declared.name, &name.name, name.span, computed.span),
                None => self.unknown_field(entity, name),
            };
            self.report(message);
            return None;
        };
        if let Some(system) = found.system {
            self.report(records::system_field(&declared.name, &name.name, system, None, name.span));
            return None;
        }
        if !found.numbering.is_empty() {
            self.report(records::number_written(&declared.name, &name.name, name.span, found.span));
            return None;
        }
        self.footprint.writes.insert((entity, super::effects::WriteKind::Update));
        Some((Place::Pending { entity, field }, found.ty.clone(), Some(found.span)))
    }

    fn input_place(&mut self, name: &Ident, span: Span) -> Option<(Place, Ty, Option<Span>)> {
        let (index, ty) = self.input_of_action(name)?;
        if !matches!(self.host.action(), Some((_, Phase::Before))) {
            self.report(records::inputs_are_fixed(&name.name, span));
            return None;
        }
        Some((Place::Input(index), ty, None))
    }
}

/// The arithmetic of a compound assignment.
fn arithmetic(op: AssignOp) -> Arithmetic {
    match op {
        AssignOp::Add | AssignOp::Set => Arithmetic::Add,
        AssignOp::Subtract => Arithmetic::Subtract,
        AssignOp::Multiply => Arithmetic::Multiply,
        AssignOp::Append => Arithmetic::Append,
    }
}
