//! `link c to list.members`, `unlink c from list.members`: written out as what they do to the link entity.

use super::{
    checker::{Checker, read},
    effects::WriteKind,
    queries::Elements,
};
use crate::{
    base::span::Span,
    sema::{
        errors::records,
        hir::{Block, Comparison, Expr, ExprKind, LocalId, Place, Query, QueryHead, QuerySource, Stmt, StmtKind},
        schema::{EntityId, FieldId},
        ty::Ty,
    },
    syntax::ast,
};

/// A relation of one record.
struct Relation {
    link: EntityId,
    /// The reference of the link entity to this side, and the record.
    this: (FieldId, Expr),
    /// The reference to the other side.
    far: FieldId,
    /// The type of the other side.
    ty: Ty,
}

/// The pair that is linked: its names, each with its reference.
struct Pair {
    link: EntityId,
    this: (FieldId, Expr),
    far: (FieldId, Expr),
}

impl Checker<'_> {
    /// `link` creates the record of the link entity where there is none; `unlink` deletes it where there is one.
    pub(super) fn link(&mut self, item: &ast::Expr, to: &ast::Expr, undo: bool, span: Span, out: &mut Vec<Stmt>) {
        let verb = if undo { "unlink" } else { "link" };
        self.may_act(verb, span);
        let Some(relation) = self.relation(to, verb) else {
            self.expr(item, Some(&Ty::Error));
            out.push(Stmt { kind: StmtKind::Error, span });
            return;
        };
        let item = self.expr_as(item, &relation.ty, None);
        self.refuse_deleted(&item);
        let link = relation.link;
        if let Some(declared) = self.schema.entity(link).filter(|declared| !declared.creatable && !undo) {
            self.report(records::not_creatable(&declared.name, to.span, declared.span));
        }
        let (this, of) = relation.this;
        let this = (this, self.put_aside(of, out));
        let far = (relation.far, self.put_aside(item, out));
        let pair = Pair { link, this, far };
        let kind = if undo { self.unlinked(&pair, span) } else { self.linked_once(&pair, span) };
        let write = if undo { WriteKind::Delete } else { WriteKind::Create };
        self.writes(link, write, span);
        out.push(Stmt { kind, span });
    }

    /// The relation that an expression names; `None` after a message.
    fn relation(&mut self, to: &ast::Expr, verb: &str) -> Option<Relation> {
        let messages = self.messages.len();
        let elements = match &to.kind {
            ast::ExprKind::Member { base, name, optional: false } => self.reverse_source(base, name),
            _ => None,
        };
        match elements {
            Some(Elements {
                source: QuerySource::Reverse { entity: link, field, of },
                ty,
                through: Some((_, far)),
            }) => {
                self.refuse_deleted(&of);
                Some(Relation { link, this: (field, of), far, ty })
            }
            Some(_) => {
                self.report(records::not_a_relation(verb, to.span));
                None
            }
            None => {
                let value = self.expr(to, None);
                if self.messages.len() == messages && value.ty != Ty::Error {
                    self.report(records::not_a_relation(verb, to.span));
                }
                None
            }
        }
    }

    /// Computes a value once, and gives how it is read.
    pub(super) fn put_aside(&mut self, value: Expr, out: &mut Vec<Stmt>) -> Expr {
        let (ty, span) = (value.ty.clone(), value.span);
        let local = self.made(ty.clone(), span);
        let place = Place::Local { local, path: Vec::new() };
        out.push(Stmt { kind: StmtKind::Assign { place, value }, span });
        read(local, ty, span)
    }

    /// `if not exists … { create … }`.
    fn linked_once(&mut self, pair: &Pair, span: Span) -> StmtKind {
        let exists = Expr {
            kind: ExprKind::Query(Box::new(self.records_of(pair, QueryHead::Exists, span).1)),
            ty: Ty::Bool,
            span,
        };
        let missing = Expr { kind: ExprKind::Not(Box::new(exists)), ty: Ty::Bool, span };
        let fields = vec![pair.this.clone(), pair.far.clone()];
        let create = StmtKind::Create { entity: pair.link, fields, into: None, given: false };
        StmtKind::If { branches: vec![(missing, Block { stmts: vec![Stmt { kind: create, span }] })], otherwise: None }
    }

    /// `for each x in … { delete x }`; a pair is linked once.
    fn unlinked(&mut self, pair: &Pair, span: Span) -> StmtKind {
        let (row, query) = self.records_of(pair, QueryHead::Find, span);
        let target = read(row, Ty::Ref(pair.link), span);
        let body = Block { stmts: vec![Stmt { kind: StmtKind::Delete { target }, span }] };
        StmtKind::ForQuery { query: Box::new(query), body }
    }

    /// The records of the link entity that join the pair.
    fn records_of(&mut self, pair: &Pair, head: QueryHead, span: Span) -> (LocalId, Query) {
        let source = QuerySource::Reverse { entity: pair.link, field: pair.this.0, of: pair.this.1.clone() };
        self.matching(head, pair.link, source, &[(pair.far.0, Comparison::Equal, pair.far.1.clone())], span)
    }

    /// The records of an entity whose fields compare so.
    pub(super) fn matching(
        &mut self,
        head: QueryHead,
        entity: EntityId,
        source: QuerySource,
        wanted: &[(FieldId, Comparison, Expr)],
        span: Span,
    ) -> (LocalId, Query) {
        let row = self.made(Ty::Ref(entity), span);
        let select = read(row, Ty::Ref(entity), span);
        let fields = self.schema.entity(entity).map(|entity| entity.fields.as_slice()).unwrap_or_default();
        let boolean = |kind| Expr { kind, ty: Ty::Bool, span };
        let parts = wanted.iter().map(|(field, comparison, value)| {
            let ty = fields.get(usize::from(field.0)).map_or(Ty::Error, |field| field.ty.clone());
            let kind = ExprKind::Field { base: Box::new(select.clone()), entity, field: *field };
            let found = Box::new(Expr { kind, ty, span });
            boolean(ExprKind::Compare(*comparison, found, Box::new(value.clone())))
        });
        let condition = parts.reduce(|a, b| boolean(ExprKind::And(Box::new(a), Box::new(b))));
        let query = Query { head, bind: row, source, condition, order: Vec::new(), limit: None, select };
        (row, query)
    }
}
