//! Pieces of the tree that a flow becomes, all at one place of the source.

use crate::base::span::Span;
use crate::syntax::ast::{
    Arg, AssignOp, BinaryOp, Block, Effect, EffectKind, Event, EventKind, Expr, ExprKind, FieldInit, Ident, IsTest,
    Item, ItemKind, MatchArm, Param, Pattern, PatternKind, Primary, ProcessDecl, ProcessKind, Query, QueryHead, Rhs,
    Stmt, StmtKind, TextLiteral, TextPart, TypeExpr, TypeKind, UnaryOp,
};

/// Where the pieces stand: the words of the flow that they come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) Span);

impl At {
    pub(super) fn ident(self, name: &str) -> Ident {
        Ident { name: name.to_owned(), span: self.0 }
    }

    pub(super) fn expr(self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.0 }
    }

    pub(super) fn name(self, name: &str) -> Expr {
        self.expr(ExprKind::Name(self.ident(name)))
    }

    pub(super) fn member(self, base: Expr, name: &str) -> Expr {
        self.expr(ExprKind::Member { base: Box::new(base), name: self.ident(name), optional: false })
    }

    /// `A.B.C`: a member of an enum that belongs to an entity.
    pub(super) fn stage(self, flow: &str, stage: &str) -> Expr {
        let owner = self.expr(ExprKind::TypeName(self.ident(flow)));
        self.member(self.member(owner, "Stage"), stage)
    }

    pub(super) fn int(self, number: i64) -> Expr {
        self.expr(ExprKind::Int(number))
    }

    pub(super) fn bool(self, truth: bool) -> Expr {
        self.expr(ExprKind::Bool(truth))
    }

    pub(super) fn none(self) -> Expr {
        self.expr(ExprKind::None)
    }

    pub(super) fn plain(self, text: &str) -> Expr {
        self.text(vec![TextPart::Plain(text.to_owned())])
    }

    pub(super) fn text(self, parts: Vec<TextPart>) -> Expr {
        self.expr(ExprKind::Text(TextLiteral { parts }))
    }

    pub(super) fn slot(self, value: Expr) -> TextPart {
        TextPart::Slot { value, format: None }
    }

    pub(super) fn call(self, function: &str, args: Vec<Expr>) -> Expr {
        let args = args.into_iter().map(|value| Arg { name: None, value }).collect();
        self.expr(ExprKind::Call { callee: Box::new(self.name(function)), args })
    }

    pub(super) fn changed(self, field: &str) -> Expr {
        self.call("changed", vec![self.name(field)])
    }

    pub(super) fn index(self, list: Expr, index: Expr) -> Expr {
        self.expr(ExprKind::Index(Box::new(list), Box::new(index)))
    }

    pub(super) fn there(self, value: Expr) -> Expr {
        self.expr(ExprKind::Unwrap(Box::new(value)))
    }

    pub(super) fn not(self, value: Expr) -> Expr {
        self.expr(ExprKind::Unary(UnaryOp::Not, Box::new(value)))
    }

    pub(super) fn binary(self, op: BinaryOp, left: Expr, right: Expr) -> Expr {
        self.expr(ExprKind::Binary { op, op_span: self.0, left: Box::new(left), right: Box::new(right) })
    }

    pub(super) fn equal(self, left: Expr, right: Expr) -> Expr {
        self.binary(BinaryOp::Equal, left, right)
    }

    pub(super) fn not_equal(self, left: Expr, right: Expr) -> Expr {
        self.binary(BinaryOp::NotEqual, left, right)
    }

    /// All of these, from left to right.
    pub(super) fn all(self, conditions: Vec<Expr>) -> Expr {
        self.joined(BinaryOp::And, conditions)
    }

    /// Any of these, from left to right.
    pub(super) fn any(self, conditions: Vec<Expr>) -> Expr {
        self.joined(BinaryOp::Or, conditions)
    }

    fn joined(self, op: BinaryOp, conditions: Vec<Expr>) -> Expr {
        let mut all = conditions.into_iter();
        let first = all.next().unwrap_or_else(|| self.bool(op == BinaryOp::And));
        all.fold(first, |left, right| self.binary(op, left, right))
    }

    pub(super) fn is_none(self, value: Expr, negated: bool) -> Expr {
        self.expr(ExprKind::Is { value: Box::new(value), test: IsTest::None, negated })
    }

    pub(super) fn query(self, head: QueryHead, name: &str, source: Expr, condition: Expr, limit: Option<i64>) -> Expr {
        let (group, order, select) = (None, Vec::new(), None);
        let (name, limit) = (self.ident(name), limit.map(|limit| self.int(limit)));
        let condition = Some(condition);
        self.expr(ExprKind::Query(Box::new(Query {
            head,
            head_span: self.0,
            name,
            source,
            condition,
            group,
            order,
            limit,
            select,
        })))
    }

    pub(super) fn entity(self, name: &str) -> Expr {
        self.expr(ExprKind::TypeName(self.ident(name)))
    }

    // Types.

    pub(super) fn ty(self, kind: TypeKind) -> TypeExpr {
        TypeExpr { kind, span: self.0 }
    }

    pub(super) fn named(self, name: &str) -> TypeExpr {
        self.ty(TypeKind::Named(self.ident(name)))
    }

    pub(super) fn builtin(self, name: &str) -> TypeExpr {
        self.ty(TypeKind::Builtin(self.ident(name)))
    }

    pub(super) fn stage_type(self, flow: &str) -> TypeExpr {
        self.ty(TypeKind::Member(self.ident(flow), self.ident("Stage")))
    }

    pub(super) fn optional(self, ty: TypeExpr) -> TypeExpr {
        self.ty(TypeKind::Optional(Box::new(ty)))
    }

    pub(super) fn list(self, ty: TypeExpr) -> TypeExpr {
        self.ty(TypeKind::List(Box::new(ty)))
    }

    // Statements.

    pub(super) fn stmt(self, kind: StmtKind) -> Stmt {
        Stmt { kind, span: self.0 }
    }

    pub(super) fn block(self, stmts: Vec<Stmt>) -> Block {
        Block { stmts, span: self.0, braces: true }
    }

    pub(super) fn bind(self, name: &str, value: Expr) -> Stmt {
        self.stmt(StmtKind::Let { name: self.ident(name), ty: None, value: Some(Rhs::Expr(value)) })
    }

    pub(super) fn bind_as(self, name: &str, ty: TypeExpr, value: Expr) -> Stmt {
        let (name, ty) = (self.ident(name), Some(Box::new(ty)));
        self.stmt(StmtKind::Let { name, ty, value: Some(Rhs::Expr(value)) })
    }

    pub(super) fn variable(self, name: &str, ty: TypeExpr, value: Expr) -> Stmt {
        let (name, ty) = (self.ident(name), Some(Box::new(ty)));
        self.stmt(StmtKind::Var { name, ty, value: Some(Rhs::Expr(value)) })
    }

    pub(super) fn set(self, target: Expr, value: Expr) -> Stmt {
        self.stmt(StmtKind::Set { target, op: AssignOp::Set, value: Rhs::Expr(value) })
    }

    pub(super) fn when(self, condition: Expr, then: Vec<Stmt>) -> Stmt {
        self.when_else(vec![(condition, then)], None)
    }

    pub(super) fn when_else(self, branches: Vec<(Expr, Vec<Stmt>)>, otherwise: Option<Vec<Stmt>>) -> Stmt {
        let branches = branches.into_iter().map(|(condition, then)| (condition, self.block(then))).collect();
        self.stmt(StmtKind::If { branches, otherwise: otherwise.map(|stmts| self.block(stmts)) })
    }

    pub(super) fn refuse(self, parts: Vec<TextPart>) -> Stmt {
        self.stmt(StmtKind::Stop { canceled: true, message: Some(self.text(parts)) })
    }

    pub(super) fn give_back(self, value: Expr) -> Stmt {
        self.stmt(StmtKind::Return(Some(Rhs::Expr(value))))
    }

    pub(super) fn create(self, entity: &str, fields: Vec<(&str, Expr)>) -> Stmt {
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| FieldInit { name: self.ident(name), op: AssignOp::Set, value });
        let kind = EffectKind::Create { entity: self.ident(entity), fields: fields.collect() };
        self.stmt(StmtKind::Effect(Box::new(Effect { kind, span: self.0 })))
    }

    /// `match subject { value => { … }, else => { } }`; the last arm only where others are possible.
    pub(super) fn choose(self, subject: Expr, arms: Vec<(PatternKind, Vec<Stmt>)>, is_whole: bool) -> Stmt {
        let rest = (!is_whole).then_some((PatternKind::Else, Vec::new()));
        let arms = arms.into_iter().chain(rest).map(|(kind, body)| MatchArm {
            pattern: Pattern { kind, span: self.0 },
            guard: None,
            body: self.block(body),
            span: self.0,
        });
        self.stmt(StmtKind::Match { subject, arms: arms.collect() })
    }

    // Declarations.

    pub(super) fn item(self, kind: ItemKind) -> Item {
        Item { doc: None, kind, span: self.0 }
    }

    pub(super) fn param(self, name: &str, ty: TypeExpr) -> Param {
        Param { doc: None, name: self.ident(name), ty, default: None, span: self.0 }
    }

    pub(super) fn event(self, kind: EventKind) -> Event {
        Event { kind, span: self.0 }
    }

    pub(super) fn process(self, kind: ProcessKind, name: &str, primary: (&str, &str), body: Vec<Stmt>) -> ProcessDecl {
        ProcessDecl {
            kind,
            name: self.ident(name),
            params: Vec::new(),
            primary: Some(Primary { name: self.ident(primary.0), ty: self.named(primary.1) }),
            result: None,
            clauses: Vec::new(),
            body: Some(self.block(body)),
            using: None,
            head_span: self.0,
        }
    }
}
