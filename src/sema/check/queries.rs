//! Queries: over an entity, a list, or the records that refer to one.

use super::{
    checker::{Checker, error, read},
    compare::fold,
};
use crate::{
    base::span::Span,
    sema::{
        errors::{types, uses},
        hir::{Expr, ExprKind, Fold, LocalId, Query, QueryHead, QuerySource},
        names::Def,
        schema::{EntityId, FieldId},
        ty::Ty,
    },
    syntax::ast::{self, Ident},
};

/// Where the elements of a query come from.
pub(super) struct Elements {
    pub(super) source: QuerySource,
    /// The type of an element.
    pub(super) ty: Ty,
    /// In a relation the link entity, of which the source gives records, and its reference to the elements.
    pub(super) through: Option<(EntityId, FieldId)>,
}

impl Elements {
    fn plain(source: QuerySource, ty: Ty) -> Self {
        Self { source, ty, through: None }
    }
}

impl Checker<'_> {
    /// A query as a value.
    pub(super) fn query(&mut self, query: &ast::Query, span: Span) -> Expr {
        if let Some((key, name)) = &query.group {
            return self.grouped(query, (key, name), span);
        }
        let Some(elements) = self.source(&query.source) else { return self.unsourced(query, span) };
        self.scoped(|checker| {
            let (bind, element) = checker.declare_element(&query.name, &elements);
            checker.query_parts(query, elements.source, (bind, element), span)
        })
    }

    /// The name of an element, with what a query binds and what the name reads. In a relation the query binds the
    /// record that links, and the name stands for the record on the other side.
    pub(super) fn declare_element(&mut self, name: &Ident, elements: &Elements) -> (LocalId, Expr) {
        let local = self.declare(name, elements.ty.clone(), false);
        self.read.insert(local);
        let Some((link, field)) = elements.through else {
            return (local, read(local, self.local_ty(local), name.span));
        };
        let (row, path) = self.linked(link, field, &elements.ty, name.span);
        self.stand_in(local, path.clone());
        (row, path)
    }

    /// A name for a record that links, and the path from it to the other side.
    pub(super) fn linked(&mut self, link: EntityId, field: FieldId, ty: &Ty, span: Span) -> (LocalId, Expr) {
        let row = self.made(Ty::Ref(link), span);
        let base = Box::new(read(row, Ty::Ref(link), span));
        (row, Expr { kind: ExprKind::Field { base, entity: link, field }, ty: ty.clone(), span })
    }

    fn query_parts(
        &mut self,
        query: &ast::Query,
        source: QuerySource,
        (bind, element): (LocalId, Expr),
        span: Span,
    ) -> Expr {
        let condition = query.condition.as_ref().map(|condition| self.condition(condition));
        let facts = condition.as_ref().map(|c| self.facts_of(c, true)).unwrap_or_default();
        let (order, select) = self.assuming(facts, |checker| {
            let order = checker.order_keys(query);
            let select = match &query.select {
                Some(select) => checker.selected(select),
                None => element,
            };
            (order, select)
        });
        let limit = query.limit.as_ref().map(|limit| self.expr_as(limit, &Ty::Int, None));
        let Some((head, ty)) = self.query_type(query, &select) else { return error(span) };
        let query = Query { head, bind, source, condition, order, limit, select };
        Expr { kind: ExprKind::Query(Box::new(query)), ty, span }
    }

    /// `order by`: the keys, each with `descending`.
    pub(super) fn order_keys(&mut self, query: &ast::Query) -> Vec<(Expr, bool)> {
        let mut keys = Vec::with_capacity(query.order.len());
        for key in &query.order {
            let value = self.expr(&key.value, None);
            keys.push((self.sortable(value), key.descending));
        }
        keys
    }

    /// What follows `select`, or the key of a group: also values with names of their own.
    pub(super) fn selected(&mut self, written: &ast::Expr) -> Expr {
        let ast::ExprKind::Named(fields) = &written.kind else { return self.expr(written, None) };
        let mut types: Vec<(String, Ty)> = Vec::with_capacity(fields.len());
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            let value = self.expr(&field.value, None);
            let value = if value.ty == Ty::None { self.present(value) } else { value };
            if types.iter().any(|(name, _)| *name == field.name.name) {
                self.report(uses::given_twice(&field.name.name, field.name.span));
            }
            types.push((field.name.name.clone(), value.ty.clone()));
            values.push(value);
        }
        if values.iter().any(|value| value.ty == Ty::Error) {
            return error(written.span);
        }
        Expr { kind: ExprKind::Named(values), ty: Ty::Named(types), span: written.span }
    }

    fn query_type(&mut self, query: &ast::Query, select: &Expr) -> Option<(QueryHead, Ty)> {
        if select.ty == Ty::Error {
            return None;
        }
        let fold = match query.head {
            ast::QueryHead::Find => return Some((QueryHead::Find, Ty::List(Box::new(select.ty.clone())))),
            ast::QueryHead::FindOne => return Some((QueryHead::FindOne, select.ty.clone().optional())),
            ast::QueryHead::Exists => return Some((QueryHead::Exists, Ty::Bool)),
            ast::QueryHead::Count => return Some((QueryHead::Count, Ty::Int)),
            ast::QueryHead::Sum => Fold::Sum,
            ast::QueryHead::Average => Fold::Average,
            ast::QueryHead::Min => Fold::Min,
            ast::QueryHead::Max => Fold::Max,
        };
        let ty = self.fold_type(fold, select, query.head_span)?;
        Some((QueryHead::Fold(fold), ty))
    }

    /// What combining values of a type gives, or a message.
    pub(super) fn fold_type(&mut self, fold: Fold, select: &Expr, head: Span) -> Option<Ty> {
        let selected = select.ty.present().clone();
        let is_number = matches!(selected, Ty::Int | Ty::Decimal | Ty::Float | Ty::Money | Ty::MoneyIn(_));
        let fits = if matches!(fold, Fold::Sum | Fold::Average) { is_number } else { selected.is_ordered() };
        if !fits {
            let shown = self.show(&select.ty);
            self.report(types::cannot_fold(&shown, head, select.span));
            return None;
        }
        Some(match fold {
            Fold::Sum => selected,
            Fold::Average if selected == Ty::Int => Ty::Decimal.optional(),
            Fold::Average | Fold::Min | Fold::Max => selected.optional(),
        })
    }

    /// Checks the rest of a query whose source was refused.
    pub(super) fn unsourced(&mut self, query: &ast::Query, span: Span) -> Expr {
        self.scoped(|checker| {
            let bind = checker.declare(&query.name, Ty::Error, false);
            checker.read.insert(bind);
            for part in query.condition.iter().chain(&query.select).chain(query.order.iter().map(|key| &key.value)) {
                checker.expr(part, Some(&Ty::Error));
            }
        });
        error(span)
    }

    pub(super) fn sortable(&mut self, value: Expr) -> Expr {
        let ty = value.ty.present();
        let is_sortable = ty.is_ordered() || matches!(ty, Ty::Error | Ty::Bool | Ty::Enum(_));
        if is_sortable {
            let is_caseless = self.is_caseless(&value);
            return if is_caseless { fold(value, true) } else { value };
        }
        let shown = self.show(&value.ty);
        self.refuse(types::cannot_order(&shown, value.span), value.span)
    }

    /// Where the elements come from, and their type; `None` after a message.
    pub(super) fn source(&mut self, written: &ast::Expr) -> Option<Elements> {
        match &written.kind {
            ast::ExprKind::TypeName(name) => {
                let found = self.entity_source(name)?;
                self.refuse_query_in_rule(name.span);
                return Some(found);
            }
            ast::ExprKind::Paren(inner) => return self.source(inner),
            ast::ExprKind::Member { base, name, optional: false } => {
                if let Some(found) = self.reverse_source(base, name) {
                    self.refuse_query_in_rule(name.span);
                    return Some(found);
                }
            }
            _ => {}
        }
        let list = self.expr(written, None);
        let list = self.present(list);
        match list.ty.clone() {
            Ty::List(item) | Ty::Set(item) => Some(Elements::plain(QuerySource::List(list), *item)),
            Ty::Error => None,
            other => {
                let shown = self.show(&other);
                self.report(types::not_a_list(&shown, list.span));
                None
            }
        }
    }

    fn entity_source(&mut self, name: &Ident) -> Option<Elements> {
        match self.names.get(self.file, &name.name).map(|entry| entry.def.clone()) {
            Some(Def::Entity(entity)) => Some(Elements::plain(QuerySource::Entity(entity), Ty::Ref(entity))),
            Some(Def::Broken | Def::Later(_)) => None,
            Some(def) => {
                self.report(uses::not_a_source(&name.name, &def, name.span));
                None
            }
            None => {
                self.entity_named(name);
                None
            }
        }
    }

    /// `deal.notes`, `list.members`, if that is a reverse reference or a relation.
    pub(super) fn reverse_source(&mut self, base: &ast::Expr, name: &Ident) -> Option<Elements> {
        if let ast::ExprKind::TypeName(_) = base.kind {
            return None;
        }
        let messages = self.messages.len();
        let of = self.expr(base, None);
        let found = match of.ty {
            Ty::Ref(entity) => {
                let reverses = self.schema.entity(entity).map(|e| e.reverses.as_slice()).unwrap_or_default();
                reverses.iter().find(|reverse| reverse.name == name.name)
            }
            _ => None,
        };
        let Some(reverse) = found else {
            self.messages.truncate(messages);
            return None;
        };
        let source = QuerySource::Reverse { entity: reverse.entity, field: reverse.field, of };
        Some(match reverse.through {
            None => Elements::plain(source, Ty::Ref(reverse.entity)),
            Some(through) => {
                Elements { source, ty: Ty::Ref(through.other), through: Some((reverse.entity, through.field)) }
            }
        })
    }

    /// `all x in xs satisfy c`: there is none that does not.
    pub(super) fn all(&mut self, name: &Ident, source: &ast::Expr, condition: &ast::Expr, span: Span) -> Expr {
        let Some(elements) = self.source(source) else { return error(span) };
        self.scoped(|checker| {
            let (bind, select) = checker.declare_element(name, &elements);
            let condition = checker.condition(condition);
            let boolean = |kind| Expr { kind, ty: Ty::Bool, span };
            let fails = boolean(ExprKind::Not(Box::new(condition)));
            let query = Query {
                head: QueryHead::Exists,
                bind,
                source: elements.source,
                condition: Some(fails),
                order: Vec::new(),
                limit: None,
                select,
            };
            boolean(ExprKind::Not(Box::new(boolean(ExprKind::Query(Box::new(query))))))
        })
    }
}
