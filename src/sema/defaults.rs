//! Third pass: values that declarations give, and the hidden functions behind them.
//!
//! Defaults, bounds and shown names need the types of all fields, so they come after the schema is built. A default
//! that is no fixed value, and every `shown as`, becomes a function of its own, listed after the declared ones.

use super::{
    answers::NO_ANSWERS,
    check::{self, DefaultValue},
    collect::Declarations,
    configs,
    constants::{self, Constant},
    context::Context,
    errors::{entities as errors, mails as mail_errors, types as type_errors},
    hir::Body,
    instead,
    names::{Def, Names},
    schema::{EmailPart, EntityId, Field, FieldDefault, FunctionHead, FunctionId, ParamHead, Schema, Settings},
    ty::Ty,
};
use std::collections::BTreeMap;

use crate::base::{
    distance::did_you_mean,
    span::{FileId, Span},
    value::Value,
};
use crate::diag::Sink;
use crate::syntax::ast::{Expr, ExprKind, FieldDecl, Ident, Param, TextLiteral, TextPart, TypeExpr};

/// A function that has no declaration of its own.
#[derive(Debug)]
pub(super) enum Hidden<'a> {
    /// A computed default: its body is known.
    Default(Body),
    /// A computed field: its body is checked with those of the declared functions.
    Computed {
        /// Of which entity.
        entity: EntityId,
        /// The file it stands in.
        file: FileId,
        /// The type of the field.
        ty: Ty,
        /// The longest text.
        text_max: Option<u32>,
        /// The value.
        value: &'a Expr,
    },
    /// A part of an e-mail: its body is checked with those of the declared functions.
    Email {
        /// The file it stands in.
        file: FileId,
        /// Which part.
        part: EmailPart,
        /// What was written: one value, or several to be attached.
        values: Vec<&'a Expr>,
    },
    /// A shown name: its body is checked with those of the declared functions.
    ShownAs {
        /// Of which entity.
        entity: EntityId,
        /// The file it stands in.
        file: FileId,
        /// The text.
        value: Shown<'a>,
    },
}

/// The text of a shown name.
#[derive(Debug)]
pub(super) enum Shown<'a> {
    /// As written.
    Written(&'a Expr),
    /// `"{subject}"` of activities.
    Made(Box<Expr>),
}

impl Shown<'_> {
    pub(super) fn expr(&self) -> &Expr {
        match self {
            Shown::Written(expr) => expr,
            Shown::Made(expr) => expr,
        }
    }
}

/// Fills the values into the schema, and gives the hidden functions in the order of their numbers.
pub(super) fn fill<'a>(
    names: &Names,
    schema: &mut Schema,
    declarations: &Declarations<'a>,
    settings: &Settings,
    sink: &mut Sink,
) -> Vec<Hidden<'a>> {
    let mut filler = Filler { names, schema, settings, sink, hidden: Vec::new() };
    filler.params(declarations);
    for declared in &declarations.entities {
        filler.fields(declared.id, declared.file, &declared.decl.fields);
    }
    for extension in &declarations.entity_extensions {
        let found = super::types::entity(names, extension.file, extension.name, &mut Sink::default());
        if let Some(id) = found {
            filler.fields(id, extension.file, &extension.decl.fields);
        }
    }
    for declared in &declarations.entities {
        filler.shown_as(declared.id, declared.file, declared.decl.shown_as.as_ref());
    }
    filler.emails(declarations);
    filler.hidden
}

struct Filler<'a, 's> {
    names: &'s Names,
    schema: &'s mut Schema,
    settings: &'s Settings,
    sink: &'s mut Sink,
    hidden: Vec<Hidden<'a>>,
}

impl<'a> Filler<'a, '_> {
    fn context(&mut self, file: FileId) -> Context<'_> {
        Context {
            names: self.names,
            schema: self.schema,
            settings: self.settings,
            functions: &[],
            answers: &NO_ANSWERS,
            file,
            sink: self.sink,
        }
    }

    /// Defaults of parameters, and of fields of records.
    fn params(&mut self, declarations: &Declarations<'a>) {
        for config in &declarations.configs {
            let index = usize::from(config.id.0);
            let Some(head) = self.schema.configs.get(index).cloned() else { continue };
            let head = match (&config.decl.default, head.ty.present()) {
                (Some(_), Ty::Ref(_)) => {
                    let default = configs::key_of_default(&mut self.context(config.file), config.decl, &head.ty);
                    Some(ParamHead { default, ..head })
                }
                _ => self.param_defaults(config.file, vec![head], std::slice::from_ref(config.decl)).pop(),
            };
            self.schema.configs.iter_mut().skip(index).zip(head).for_each(|(slot, head)| *slot = head);
        }
        for record in &declarations.records {
            let heads = self.schema.record(record.id).map(|r| r.fields.clone()).unwrap_or_default();
            let heads = self.param_defaults(record.file, heads, record.decl);
            self.schema
                .records
                .iter_mut()
                .skip(usize::from(record.id.0))
                .take(1)
                .for_each(|r| r.fields.clone_from(&heads));
        }
        for function in &declarations.functions {
            let heads = self.schema.function(function.id).map(|f| f.params.clone()).unwrap_or_default();
            let heads = self.param_defaults(function.file, heads, function.params);
            let index = usize::from(function.id.0);
            self.schema.functions.iter_mut().skip(index).take(1).for_each(|f| f.params.clone_from(&heads));
        }
        for process in &declarations.processes {
            let heads = self.schema.process(process.id).map(|p| p.params.clone()).unwrap_or_default();
            let heads = self.param_defaults(process.file, heads, &process.decl.params);
            let index = usize::from(process.id.0);
            self.schema.processes.iter_mut().skip(index).take(1).for_each(|p| p.params.clone_from(&heads));
        }
    }

    fn param_defaults(&mut self, file: FileId, mut heads: Vec<ParamHead>, written: &[Param]) -> Vec<ParamHead> {
        for (head, param) in heads.iter_mut().zip(written) {
            let Some(default) = &param.default else { continue };
            if head.ty == Ty::Error {
                continue;
            }
            head.default = match constants::evaluate(self.schema, default, &head.ty) {
                Constant::Value(value) => Some(value),
                Constant::NotFixed => {
                    let ty = head.ty.clone();
                    check::constant(&mut self.context(file), default, &ty)
                }
                other => {
                    self.report(&other, default, &head.ty, &param.ty);
                    None
                }
            };
            if let (Some(value), Some(max)) = (&head.default, head.text_max) {
                self.check_length(value, max, default.span);
            }
            // A mistake is told here; a call that leaves the input out must not be a second one.
            head.default.get_or_insert(Value::None);
        }
        heads
    }

    fn report(&mut self, constant: &Constant, value: &Expr, ty: &Ty, written: &TypeExpr) {
        let shown = self.schema.show(ty);
        self.sink.push(match (constant, ty.present()) {
            (Constant::UnknownMember(name), Ty::Enum(id)) => {
                let members = self.schema.enumeration(*id).map_or(&[][..], |e| &e.members);
                let near = did_you_mean(name, members.iter().map(|member| member.name.as_str()));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                errors::default_member(name, &self.schema.show(ty.present()), value.span, &near)
            }
            (_, wanted) => {
                let message = errors::default_type(&shown, value.span, written.span);
                let found = instead::written(&value.kind);
                let base = self.settings.currency;
                match found.and_then(|found| instead::literal(wanted, &found, self.schema, base)) {
                    Some(right) => type_errors::write_literal(message, right, value.span),
                    None => message,
                }
            }
        });
    }

    fn fields(&mut self, id: EntityId, file: FileId, written: &'a [FieldDecl]) {
        for decl in written {
            self.computed(id, file, decl);
            let found = self.schema.entity(id).and_then(|entity| entity.field(&decl.name.name));
            let Some((index, field)) = found.filter(|(_, field)| field.span == decl.name.span) else { continue };
            if field.ty == Ty::Error {
                continue;
            }
            let mut field = field.clone();
            self.bounds(&mut field, decl);
            self.default(id, &mut field, file, decl);
            let entity = self.schema.entities.get_mut(usize::from(id.0));
            if let Some(slot) = entity.and_then(|entity| entity.fields.get_mut(usize::from(index.0))) {
                *slot = field;
            }
        }
    }

    fn bounds(&mut self, field: &mut Field, decl: &FieldDecl) {
        let Some((low, high)) = &decl.bounds else { return };
        let ty = field.ty.present().clone();
        if !matches!(ty, Ty::Int | Ty::Decimal | Ty::Float | Ty::MoneyIn(_) | Ty::Date | Ty::DateTime | Ty::Time) {
            self.sink.push(errors::bounds_of_type(&self.schema.show(&ty), low.span.to(high.span)));
            return;
        }
        let mut read = |expr: &Expr| match constants::evaluate(self.schema, expr, &ty) {
            Constant::Value(value) => Some(value),
            _ => {
                self.sink.push(errors::bound_not_constant(&self.schema.show(&ty), expr.span));
                None
            }
        };
        let (lowest, highest) = (read(low), read(high));
        let (Some(lowest), Some(highest)) = (lowest, highest) else { return };
        if constants::compare(&lowest, &highest) == Some(std::cmp::Ordering::Greater) {
            self.sink.push(errors::bounds_reversed(low.span, high.span));
            return;
        }
        field.bounds = Some(Box::new((lowest, highest)));
    }

    fn default(&mut self, id: EntityId, field: &mut Field, file: FileId, decl: &FieldDecl) {
        let Some(default) = &decl.default else { return };
        let value = match constants::evaluate(self.schema, default, &field.ty) {
            Constant::Value(value) => Some(DefaultValue::Const(value)),
            Constant::NotFixed => {
                let ty = field.ty.clone();
                check::field_default(&mut self.context(file), default, &ty)
            }
            other => {
                self.report(&other, default, &field.ty, &decl.ty);
                None
            }
        };
        field.default = match value {
            Some(DefaultValue::Const(value)) => {
                self.check_limits(field, &value, default.span);
                Some(FieldDefault::Const(value))
            }
            Some(DefaultValue::Computed(body)) => {
                let name = format!("<{}.{} default>", self.schema.entity_name(id), field.name);
                let (params, result) = (Vec::new(), field.ty.clone());
                let head = FunctionHead { name, params, result, result_max: None, span: default.span };
                Some(FieldDefault::Function(self.hide(head, Hidden::Default(body))))
            }
            // The mistake is told; a `create` that leaves the field out must not be a second one.
            None => Some(FieldDefault::Const(Value::None)),
        };
    }

    /// The hidden function of a computed field.
    fn computed(&mut self, id: EntityId, file: FileId, decl: &'a FieldDecl) {
        let Some(value) = &decl.computed else { return };
        let Some(entity) = self.schema.entity(id) else { return };
        let of = |computed: &super::schema::Computed| computed.span == decl.name.span;
        let Some(index) = entity.computed.iter().position(of) else { return };
        let Some(computed) = entity.computed.get(index).cloned() else { return };
        let name = format!("<{}.{}>", entity.name, computed.name);
        let (own, span) = (Ty::Ref(id), computed.span);
        let record = ParamHead { name: "self".to_owned(), ty: own, default: None, text_max: None, span: entity.span };
        let (ty, text_max) = (computed.ty, computed.text_max);
        let head = FunctionHead { name, params: vec![record], result: ty.clone(), result_max: text_max, span };
        let function = self.hide(head, Hidden::Computed { entity: id, file, ty, text_max, value });
        let entity = self.schema.entities.get_mut(usize::from(id.0));
        if let Some(place) = entity.and_then(|entity| entity.computed.get_mut(index)) {
            place.function = Some(function);
        }
    }

    fn check_limits(&mut self, field: &Field, value: &Value, span: Span) {
        if let Some((low, high)) = field.bounds.as_deref() {
            let below = constants::compare(value, low) == Some(std::cmp::Ordering::Less);
            let above = constants::compare(value, high) == Some(std::cmp::Ordering::Greater);
            if below || above {
                let why = if below { "is below the lowest value" } else { "is above the highest value" };
                self.sink.push(errors::default_outside(why, span));
            }
        }
        if let Some(max) = field.text_max {
            self.check_length(value, max, span);
        }
        if let (Value::Decimal(number), Some(places)) = (value, field.places)
            && number.normalize().scale() > places
        {
            self.sink.push(errors::default_outside(&format!("has more than {places} places"), span));
        }
    }

    fn check_length(&mut self, value: &Value, max: u32, span: Span) {
        let length = match value {
            Value::Text(text) => text.chars().count(),
            Value::List(items) => return items.iter().for_each(|item| self.check_length(item, max, span)),
            _ => 0,
        };
        if u32::try_from(length).is_ok_and(|length| length > max) {
            self.sink.push(errors::default_outside(&format!("has {length} characters, of at most {max}"), span));
        }
    }

    fn hide(&mut self, head: FunctionHead, hidden: Hidden<'a>) -> FunctionId {
        let id = u16::try_from(self.schema.functions.len()).unwrap_or(u16::MAX);
        self.schema.functions.push(head);
        self.hidden.push(hidden);
        FunctionId(id)
    }

    /// The parts of e-mail templates, each a hidden function of what the template takes.
    fn emails(&mut self, declarations: &Declarations<'a>) {
        let attachment = match self.names.entries.get("Attachment").map(|entry| &entry.def) {
            Some(Def::Entity(id)) => Ty::Ref(*id),
            _ => Ty::Error,
        };
        for email in &declarations.emails {
            let Some(head) = self.schema.email(email.id) else { continue };
            let (name, span, params) = (head.name.clone(), head.span, head.params.clone());
            let params = self.param_defaults(email.file, params, email.params);
            let mut parts: Vec<(EmailPart, Vec<&'a Expr>)> = Vec::new();
            let mut first: BTreeMap<EmailPart, Span> = BTreeMap::new();
            for line in email.lines {
                let part = match (line.word.name.as_str(), line.html) {
                    ("subject", _) => EmailPart::Subject,
                    ("from", _) => EmailPart::From,
                    ("attach", _) => EmailPart::Attach,
                    (_, true) => EmailPart::Html,
                    _ => EmailPart::Body,
                };
                let known = if part == EmailPart::Html { EmailPart::Body } else { part };
                match (first.get(&known), parts.iter_mut().find(|(of, _)| *of == part)) {
                    (Some(_), Some((EmailPart::Attach, values))) => values.push(&line.value),
                    (Some(before), _) => self.sink.push(mail_errors::line_twice(part.word(), line.word.span, *before)),
                    (None, _) => {
                        first.insert(known, line.word.span);
                        parts.push((part, vec![&line.value]));
                    }
                }
            }
            if !first.contains_key(&EmailPart::Subject) && !email.lines.is_empty() {
                self.sink.push(mail_errors::no_subject(Some(&name), span));
            }
            let mut functions = Vec::with_capacity(parts.len());
            for (part, values) in parts {
                let result = match part {
                    EmailPart::Subject | EmailPart::Body | EmailPart::Html => Ty::Text,
                    EmailPart::From => Ty::Text.optional(),
                    EmailPart::Attach => Ty::List(Box::new(attachment.clone())),
                };
                let name = format!("<{name} {}>", part.word());
                let head = FunctionHead { name, params: params.clone(), result, result_max: None, span };
                functions.push((part, self.hide(head, Hidden::Email { file: email.file, part, values })));
            }
            if let Some(head) = self.schema.emails.get_mut(usize::from(email.id.0)) {
                (head.params, head.parts) = (params, functions);
            }
        }
    }

    fn shown_as(&mut self, id: EntityId, file: FileId, written: Option<&'a Expr>) {
        let Some(entity) = self.schema.entity(id) else { return };
        let (name, entity_span, is_activity) = (entity.name.clone(), entity.span, entity.activity);
        let value = match written {
            Some(expr) => Shown::Written(expr),
            None if is_activity => Shown::Made(Box::new(subject_text(entity_span))),
            None => return,
        };
        let span = value.expr().span;
        let (own, ty) = ("self".to_owned(), Ty::Ref(id));
        let record = ParamHead { name: own, ty, default: None, text_max: None, span: entity_span };
        let (name, params) = (format!("<{name} shown as>"), vec![record]);
        let head = FunctionHead { name, params, result: Ty::Text, result_max: None, span };
        let function = self.hide(head, Hidden::ShownAs { entity: id, file, value });
        if let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) {
            entity.shown_as = Some(function);
        }
    }
}

/// `"{subject}"`.
fn subject_text(span: Span) -> Expr {
    let subject = Expr { kind: ExprKind::Name(Ident { name: "subject".to_owned(), span }), span };
    let parts = vec![TextPart::Slot { value: subject, format: None }];
    Expr { kind: ExprKind::Text(TextLiteral { parts }), span }
}
