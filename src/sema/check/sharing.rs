//! `share`, `unshare`, `route`: written out as what they do to `RecordShare` and `QueueItem` of `core`.

use super::{
    checker::{Checker, read},
    effects::WriteKind,
};
use crate::{
    base::span::Span,
    sema::{
        errors::records,
        hir::{Block, Comparison, Conversion, Expr, ExprKind, QueryHead, QuerySource, Stmt, StmtKind, Write, WriteOp},
        names::Def,
        schema::{EntityId, FieldId},
        ty::Ty,
    },
    syntax::ast::{self, Ident},
};

/// An entity of `core` with fields that a statement writes.
struct Kept<const N: usize> {
    entity: EntityId,
    fields: [FieldId; N],
}

impl Checker<'_> {
    /// `share deal with ann (read, update)`: the rights are added to what she has.
    pub(super) fn share(
        &mut self,
        target: &ast::Expr,
        with: &ast::Expr,
        rights: &[Ident],
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        if rights.is_empty() {
            self.report(records::share_without_rights(span));
        }
        let given = self.rights(rights, span);
        let Some((item, principal)) = self.shared(target, with, "share", span, out) else { return };
        let Some(Kept { entity, fields: [of_item, of_principal, of_rights] }) =
            self.kept("RecordShare", ["item", "principal", "rights"])
        else {
            return;
        };
        let wanted = [(of_item, Comparison::Equal, item.clone()), (of_principal, Comparison::Equal, principal.clone())];
        let found = self.matching(QueryHead::FindOne, entity, QuerySource::Entity(entity), &wanted, span).1;
        let found = Expr { kind: ExprKind::Query(Box::new(found)), ty: Ty::Ref(entity).optional(), span };
        let found = self.put_aside(found, out);
        let is_new = Expr { kind: ExprKind::IsNone(Box::new(found.clone())), ty: Ty::Bool, span };
        let fields = vec![(of_item, item), (of_principal, principal), (of_rights, given.clone())];
        let create = StmtKind::Create { entity, fields, into: None, given: false };
        let target = Expr { kind: ExprKind::Convert(Conversion::Known, Box::new(found)), ty: Ty::Ref(entity), span };
        let writes = vec![Write { field: of_rights, op: WriteOp::Append, value: given }];
        let update = StmtKind::Update { target, entity, writes };
        self.writes(entity, WriteKind::Create, span);
        self.writes(entity, WriteKind::Update, span);
        let kind = StmtKind::If { branches: vec![(is_new, one(create, span))], otherwise: Some(one(update, span)) };
        out.push(Stmt { kind, span });
    }

    /// `unshare deal with ann`: all rights go.
    pub(super) fn unshare(
        &mut self,
        target: &ast::Expr,
        with: &ast::Expr,
        rights: &[Ident],
        span: Span,
        out: &mut Vec<Stmt>,
    ) {
        if let (Some(first), Some(last)) = (rights.first(), rights.last()) {
            self.report(records::unshare_with_rights(first.span.to(last.span)));
        }
        let Some((item, principal)) = self.shared(target, with, "unshare", span, out) else { return };
        let Some(Kept { entity, fields: [of_item, of_principal] }) = self.kept("RecordShare", ["item", "principal"])
        else {
            return;
        };
        let wanted = [(of_item, Comparison::Equal, item), (of_principal, Comparison::Equal, principal)];
        let kind = self.delete_matching(entity, &wanted, span);
        out.push(Stmt { kind, span });
    }

    /// `route case to queue`: the record leaves every other queue.
    pub(super) fn route(&mut self, target: &ast::Expr, to: &ast::Expr, span: Span, out: &mut Vec<Stmt>) {
        self.may_act("route", span);
        let target = self.expr(target, None);
        let queue = self.core_entity("Queue");
        let to = self.expr_as(to, &queue, None);
        let Some((target, _)) = self.records_target(target, "route") else { return };
        let Some(Kept { entity, fields: [of_item, of_queue] }) = self.kept("QueueItem", ["item", "queue"]) else {
            return;
        };
        self.refuse_deleted(&to);
        let mut stmts = Vec::new();
        let item = self.coerce(target, &Ty::AnyRef, None);
        let (item, to) = (self.put_aside(item, &mut stmts), self.put_aside(to, &mut stmts));
        let wanted = |comparison| [(of_item, Comparison::Equal, item.clone()), (of_queue, comparison, to.clone())];
        let kind = self.delete_matching(entity, &wanted(Comparison::NotEqual), span);
        stmts.push(Stmt { kind, span });
        let source = QuerySource::Entity(entity);
        let there = self.matching(QueryHead::Exists, entity, source, &wanted(Comparison::Equal), span).1;
        let boolean = |kind| Expr { kind, ty: Ty::Bool, span };
        let missing = boolean(ExprKind::Not(Box::new(boolean(ExprKind::Query(Box::new(there))))));
        let fields = vec![(of_item, item.clone()), (of_queue, to.clone())];
        let create = StmtKind::Create { entity, fields, into: None, given: false };
        let kind = StmtKind::If { branches: vec![(missing, one(create, span))], otherwise: None };
        stmts.push(Stmt { kind, span });
        self.writes(entity, WriteKind::Create, span);
        out.push(Stmt { kind: StmtKind::Atomic(Block { stmts }), span });
    }

    /// The record and with whom, both computed once; `None` after a message.
    fn shared(
        &mut self,
        target: &ast::Expr,
        with: &ast::Expr,
        verb: &str,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Option<(Expr, Expr)> {
        self.may_act(verb, span);
        let target = self.expr(target, None);
        let principal = self.principal();
        let with = self.expr_as(with, &principal, None);
        let (target, entities) = self.records_target(target, verb)?;
        for entity in entities {
            if let Some(declared) = self.schema.entity(entity).filter(|declared| !declared.owned_by_user) {
                self.report(records::nobody_shares(&declared.name, target.span, declared.span));
                return None;
            }
        }
        self.refuse_deleted(&with);
        let item = self.coerce(target, &Ty::AnyRef, None);
        Some((self.put_aside(item, out), self.put_aside(with, out)))
    }

    /// The rights as a set.
    fn rights(&mut self, rights: &[Ident], span: Span) -> Expr {
        let ty = match self.names.get(self.file, "ShareRight").map(|entry| &entry.def) {
            Some(Def::Enum(id)) => Ty::Set(Box::new(Ty::Enum(*id))),
            _ => Ty::Error,
        };
        let items = rights.iter().map(|right| {
            let name = Ident { name: "ShareRight".to_owned(), span: right.span };
            let base = Box::new(ast::Expr { kind: ast::ExprKind::TypeName(name), span: right.span });
            let kind = ast::ExprKind::Member { base, name: right.clone(), optional: false };
            ast::Expr { kind, span: right.span }
        });
        let list = ast::Expr { kind: ast::ExprKind::List(items.collect()), span };
        self.expr_as(&list, &ty, None)
    }

    fn kept<const N: usize>(&self, entity: &str, names: [&str; N]) -> Option<Kept<N>> {
        let Ty::Ref(entity) = self.core_entity(entity) else { return None };
        let declared = self.schema.entity(entity)?;
        let mut fields = [FieldId(0); N];
        for (field, name) in fields.iter_mut().zip(names) {
            *field = declared.field(name)?.0;
        }
        Some(Kept { entity, fields })
    }

    /// `for each x in … { delete x }`.
    fn delete_matching(&mut self, entity: EntityId, wanted: &[(FieldId, Comparison, Expr)], span: Span) -> StmtKind {
        let (row, query) = self.matching(QueryHead::Find, entity, QuerySource::Entity(entity), wanted, span);
        let target = read(row, Ty::Ref(entity), span);
        self.writes(entity, WriteKind::Delete, span);
        StmtKind::ForQuery { query: Box::new(query), body: one(StmtKind::Delete { target }, span) }
    }
}

/// A block of one statement.
fn one(kind: StmtKind, span: Span) -> Block {
    Block { stmts: vec![Stmt { kind, span }] }
}
