//! Statements, blocks and arms.

use pest::iterators::Pair;

use super::expr::assign_op;
use super::{Builder, Built, Nodes};
use crate::base::distance::did_you_mean;
use crate::base::span::Span;
use crate::syntax::ast::{
    Arg, Block, Catch, Expr, ExprKind, Ident, MatchArm, Pattern, PatternKind, Rhs, Stmt, StmtKind, TypeExpr, TypeKind,
    WaitArm, WaitArmKind,
};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;
use crate::syntax::scan::offset;

impl Builder<'_> {
    /// `{ … }`.
    pub(super) fn block(&mut self, pair: Pair<'_, Rule>) -> Built<Block> {
        let end = self.base + offset(pair.as_span().end());
        let nodes = self.nodes(pair);
        let span = nodes.span;
        let built = self.deeper(span, |b| nodes.each(|stmt| b.stmt(stmt)))?;
        let mut stmts = built.unwrap_or_else(|| vec![Stmt { kind: StmtKind::Error, span }]);
        if self.guesses.iter().any(|guess| guess + 1 == end) {
            stmts.push(Stmt { kind: StmtKind::Error, span: span.at_end() });
        }
        Ok(Block { stmts, span, braces: true })
    }

    pub(super) fn presume_block(&mut self, nodes: &mut Nodes<'_>) -> Built<Block> {
        let block = nodes.presume(Rule::block)?;
        self.block(block)
    }

    /// A statement with its `undo`.
    pub(super) fn stmt(&mut self, pair: Pair<'_, Rule>) -> Built<Stmt> {
        let mut nodes = self.nodes(pair);
        let whole = nodes.span;
        let simple = nodes.presume_next()?;
        let stmt = self.simple(simple)?;
        let Some(undo) = nodes.option(Rule::undo) else { return Ok(stmt) };
        let undo = self.presume_block(&mut self.nodes(undo))?;
        Ok(Stmt { kind: StmtKind::Undo { stmt: Box::new(stmt), undo }, span: whole })
    }

    /// A statement without `undo`.
    pub(super) fn simple(&mut self, pair: Pair<'_, Rule>) -> Built<Stmt> {
        let rule = pair.as_rule();
        let span = self.span(&pair);
        if rule == Rule::effect {
            return Ok(Stmt { kind: StmtKind::Effect(Box::new(self.effect(pair)?)), span });
        }
        let mut nodes = self.nodes(pair);
        let kind = match rule {
            Rule::hole => StmtKind::Error,
            Rule::let_stmt | Rule::var_stmt => self.binding(nodes, rule == Rule::let_stmt)?,
            Rule::set_stmt => {
                let target = self.set_target(&mut nodes)?;
                let op = nodes.presume(Rule::set_op)?;
                self.plain_equals(&op);
                StmtKind::Set { target, op: assign_op(op.as_str()), value: self.rhs(&mut nodes)? }
            }
            Rule::break_stmt => StmtKind::Break,
            Rule::continue_stmt => StmtKind::Continue,
            Rule::checkpoint => StmtKind::Checkpoint,
            Rule::compensate => StmtKind::Compensate,
            Rule::return_stmt if nodes.peek().is_none() => StmtKind::Return(None),
            Rule::return_stmt => StmtKind::Return(Some(self.rhs(&mut nodes)?)),
            Rule::stop => {
                let canceled = nodes.has(Rule::k_canceled);
                let message = nodes.next().map(|m| self.expr_like(m)).transpose()?;
                StmtKind::Stop { canceled, message }
            }
            Rule::log => StmtKind::Log(self.presume_expr(&mut nodes)?),
            Rule::give => StmtKind::Give(self.presume_expr(&mut nodes)?),
            Rule::raise => {
                let fields =
                    |b: &mut Self, body: Option<Pair<'_, Rule>>| body.map_or(Ok(Vec::new()), |f| b.field_inits(f));
                let error = match nodes.next() {
                    Some(name) => Some((self.ident(&name), fields(self, nodes.next())?)),
                    None => None,
                };
                StmtKind::Raise { error }
            }
            Rule::if_stmt
            | Rule::match_stmt
            | Rule::for_stmt
            | Rule::while_stmt
            | Rule::stage_stmt
            | Rule::try_stmt
            | Rule::atomic
            | Rule::saga
            | Rule::on_cancel
            | Rule::act_as => self.compound(rule, nodes)?,
            Rule::wait_stmt => self.wait(nodes)?,
            Rule::bare => self.bare(nodes)?,
            Rule::page => self.page(nodes)?,
            Rule::rule_effect => self.rule_effect(nodes)?,
            Rule::given
            | Rule::advance
            | Rule::standstill
            | Rule::mock
            | Rule::answer
            | Rule::expect
            | Rule::retry_parked
            | Rule::give_up => StmtKind::Test(Box::new(self.test_stmt(rule, nodes)?)),
            _ => self.record_stmt(rule, nodes)?,
        };
        Ok(Stmt { kind, span })
    }

    /// `let`, `var`.
    fn binding(&mut self, mut nodes: Nodes<'_>, is_let: bool) -> Built<StmtKind> {
        let name = self.new_name(&mut nodes)?;
        let note = nodes.option(Rule::type_note);
        if let Some(bare) = nodes.option(Rule::bare_note) {
            let (word, span) = (bare.as_str().trim_end(), self.span(&bare));
            self.diagnostics.push(errors::note_without_colon(&name.name, word, span));
            nodes.option(Rule::let_sign);
            drop(self.rhs(&mut nodes)?);
            // Its type is not known, and said to be so here only.
            let ty = Some(Box::new(TypeExpr { kind: TypeKind::Error, span }));
            return Ok(if is_let {
                StmtKind::Let { name, ty, value: None }
            } else {
                StmtKind::Var { name, ty, value: None }
            });
        }
        let ty = match note {
            Some(note) => Some(Box::new(self.type_expr(self.nodes(note).presume_next()?)?)),
            None => None,
        };
        let sign = nodes.option(Rule::let_sign);
        let value = match sign {
            Some(sign) => {
                self.plain_equals(&sign);
                Some(self.rhs(&mut nodes)?)
            }
            None => None,
        };
        Ok(if is_let { StmtKind::Let { name, ty, value } } else { StmtKind::Var { name, ty, value } })
    }

    pub(super) fn rhs(&mut self, nodes: &mut Nodes<'_>) -> Built<Rhs> {
        let next = nodes.presume_next()?;
        if next.as_rule() == Rule::effect {
            return self.effect(next).map(|effect| Rhs::Effect(Box::new(effect)));
        }
        self.expr_like(next).map(Rhs::Expr)
    }

    fn set_target(&mut self, nodes: &mut Nodes<'_>) -> Built<Expr> {
        let target = nodes.presume_next()?;
        self.expr_like(target)
    }

    /// Statements that hold blocks.
    fn compound(&mut self, rule: Rule, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        Ok(match rule {
            Rule::if_stmt => self.if_stmt(nodes)?,
            Rule::match_stmt => {
                let subject = self.presume_expr(&mut nodes)?;
                let arms = self.nodes(nodes.presume(Rule::match_arms)?);
                StmtKind::Match { subject, arms: arms.each(|arm| self.match_arm(arm))? }
            }
            Rule::for_stmt => {
                self.each_after_for(&mut nodes);
                let name = self.new_name(&mut nodes)?;
                let source = self.presume_expr(&mut nodes)?;
                StmtKind::For { name, source, body: self.presume_block(&mut nodes)? }
            }
            Rule::while_stmt => {
                let condition = self.presume_expr(&mut nodes)?;
                StmtKind::While { condition, body: self.presume_block(&mut nodes)? }
            }
            Rule::stage_stmt => {
                let title = nodes.presume(Rule::plain_text)?;
                let (title, title_span) = (self.fixed_text(&title, false), self.span(&title));
                StmtKind::Stage { title, title_span, body: self.presume_block(&mut nodes)? }
            }
            Rule::try_stmt => self.try_stmt(nodes)?,
            Rule::atomic => StmtKind::Atomic(self.presume_block(&mut nodes)?),
            Rule::saga => StmtKind::Saga(self.presume_block(&mut nodes)?),
            Rule::on_cancel => StmtKind::OnCancel(self.presume_block(&mut nodes)?),
            Rule::act_as => {
                let user = self.presume_expr(&mut nodes)?;
                let body = nodes.next().map(|block| self.block(block)).transpose()?;
                StmtKind::ActAs { user, body }
            }
            _ => return nodes.defect(),
        })
    }

    fn if_stmt(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let condition = self.presume_expr(&mut nodes)?;
        let mut branches = vec![(condition, self.presume_block(&mut nodes)?)];
        let mut otherwise = None;
        for more in nodes {
            let is_if = more.as_rule() == Rule::else_if;
            let mut more = self.nodes(more);
            if let Some(word) = more.option(Rule::foreign_else_if) {
                let span = self.span(&word);
                self.diagnostics.push(errors::else_if(word.as_str(), span));
            }
            if is_if {
                let condition = self.presume_expr(&mut more)?;
                branches.push((condition, self.presume_block(&mut more)?));
            } else {
                otherwise = Some(self.presume_block(&mut more)?);
            }
        }
        Ok(StmtKind::If { branches, otherwise })
    }

    fn try_stmt(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let span = nodes.span;
        let body = self.presume_block(&mut nodes)?;
        let mut catches = Vec::new();
        let mut finally = None;
        for more in nodes {
            let is_catch = more.as_rule() == Rule::catch;
            let mut more = self.nodes(more);
            if !is_catch {
                finally = Some(self.presume_block(&mut more)?);
                continue;
            }
            let span = more.span;
            let name = more.option(Rule::name).map(|name| self.ident(&name));
            let errors = more.option(Rule::error_names).map_or(Vec::new(), |names| self.idents(names));
            catches.push(Catch { name, errors, body: self.presume_block(&mut more)?, span });
        }
        if catches.is_empty() && finally.is_none() {
            self.lone_try(span);
        }
        Ok(StmtKind::Try { body, catches, finally })
    }

    /// An arm of a `match` statement.
    pub(super) fn match_arm(&mut self, pair: Pair<'_, Rule>) -> Built<MatchArm> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        if nodes.peek() == Some(Rule::hole) {
            let body = Block { stmts: vec![Stmt { kind: StmtKind::Error, span }], span, braces: false };
            return Ok(MatchArm { pattern: Pattern { kind: PatternKind::Error, span }, guard: None, body, span });
        }
        let pattern = self.pattern(nodes.presume(Rule::pattern)?)?;
        let guard = self.guard(nodes.option(Rule::guard))?;
        let body = self.arm_body(&mut nodes)?;
        let span = pattern.span.to(body.span);
        Ok(MatchArm { pattern, guard, body, span })
    }

    fn arm_body(&mut self, nodes: &mut Nodes<'_>) -> Built<Block> {
        let body = nodes.presume_next()?;
        if body.as_rule() == Rule::block {
            return self.block(body);
        }
        let stmt = self.stmt(body)?;
        let span = stmt.span;
        self.comma_after(span, nodes);
        Ok(Block { stmts: vec![stmt], span, braces: false })
    }

    fn wait(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let what = nodes.presume_next()?;
        Ok(match what.as_rule() {
            Rule::wait_until => StmtKind::WaitUntil(self.only_expr(what)?),
            Rule::wait_arms => {
                let arms = self.nodes(what);
                StmtKind::WaitArms(arms.each(|arm| self.wait_arm(arm))?)
            }
            _ => StmtKind::WaitFor(self.expr_like(what)?),
        })
    }

    /// An arm of `wait { }`.
    pub(super) fn wait_arm(&mut self, pair: Pair<'_, Rule>) -> Built<WaitArm> {
        let mut nodes = self.nodes(pair);
        let whole = nodes.span;
        let head = nodes.presume_next()?;
        if head.as_rule() == Rule::hole {
            let body = Block { stmts: vec![Stmt { kind: StmtKind::Error, span: whole }], span: whole, braces: false };
            return Ok(WaitArm { kind: WaitArmKind::Error, body, span: whole });
        }
        let start = self.span(&head);
        let kind = self.wait_arm_kind(head)?;
        let body = self.arm_body(&mut nodes)?;
        let span = start.to(body.span);
        Ok(WaitArm { kind, body, span })
    }

    fn wait_arm_kind(&mut self, head: Pair<'_, Rule>) -> Built<WaitArmKind> {
        let rule = head.as_rule();
        let mut nodes = self.nodes(head);
        Ok(match rule {
            Rule::until_arm => WaitArmKind::Until(self.presume_expr(&mut nodes)?),
            Rule::after_arm => WaitArmKind::After(self.presume_expr(&mut nodes)?),
            Rule::on_signal_arm => {
                let signal = self.ident(&nodes.presume(Rule::Name)?);
                let (condition, bind) = self.signal_rest(&mut nodes)?;
                WaitArmKind::Signal { signal, condition, bind }
            }
            Rule::on_handle_arm => {
                let handle = self.presume_expr(&mut nodes)?;
                WaitArmKind::Handle { handle, bind: self.bind(&mut nodes)? }
            }
            Rule::on_ask_arm => {
                let ask = nodes.presume(Rule::ask)?;
                let ask = Box::new(self.effect_of(ask)?);
                WaitArmKind::Ask { ask, bind: self.bind(&mut nodes)? }
            }
            _ => return nodes.defect(),
        })
    }

    /// `where c as a` after the name of a signal.
    pub(super) fn signal_rest(&mut self, nodes: &mut Nodes<'_>) -> Built<(Option<Box<Expr>>, Option<Ident>)> {
        let condition = nodes.option(Rule::where_clause).map(|w| self.only_expr(w).map(Box::new)).transpose()?;
        Ok((condition, self.bind(nodes)?))
    }

    fn bind(&mut self, nodes: &mut Nodes<'_>) -> Built<Option<Ident>> {
        let Some(bind) = nodes.option(Rule::bind) else { return Ok(None) };
        self.new_name(&mut self.nodes(bind)).map(Some)
    }

    /// Statements about a record.
    fn record_stmt(&mut self, rule: Rule, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        if rule == Rule::emit {
            return self.emit(nodes);
        }
        let undo = nodes.has(Rule::k_unshare);
        let target = self.presume_expr(&mut nodes)?;
        Ok(match rule {
            Rule::update => {
                let fields = nodes.presume(Rule::record_body)?;
                StmtKind::Update { target, fields: self.field_inits(fields)? }
            }
            Rule::change if nodes.has(Rule::k_to) => StmtKind::Change { target, to: self.presume_expr(&mut nodes)? },
            Rule::change => self.rule_change(target, nodes)?,
            Rule::assign => StmtKind::Assign { target, to: self.presume_expr(&mut nodes)? },
            Rule::route => StmtKind::Route { target, to: self.presume_expr(&mut nodes)? },
            Rule::share => {
                let with = Box::new(self.presume_expr(&mut nodes)?);
                let rights = nodes.next();
                if rights.as_ref().is_some_and(|r| r.clone().into_inner().any(|word| word.as_rule() == Rule::hole)) {
                    return Ok(StmtKind::Error);
                }
                let rights = rights.map(|rights| (self.span(&rights), self.idents(rights)));
                let (with, rights) = self.shared_rights(with, rights, undo);
                StmtKind::Share { target: Box::new(target), with, rights, undo }
            }
            Rule::delete => StmtKind::Delete { target },
            Rule::cancel => StmtKind::Cancel(target),
            Rule::link | Rule::unlink => {
                StmtKind::Link { item: target, to: self.presume_expr(&mut nodes)?, undo: rule == Rule::unlink }
            }
            _ => return nodes.defect(),
        })
    }

    /// The rights of `share`. What is in parentheses behind a name may also be what a function is called with: it is,
    /// if no word of it looks like a right.
    fn shared_rights(
        &mut self,
        with: Box<Expr>,
        rights: Option<(Span, Vec<Ident>)>,
        undo: bool,
    ) -> (Box<Expr>, Vec<Ident>) {
        const RIGHTS: [&str; 7] = ["append", "assign", "delete", "read", "share", "update", "write"];
        let Some((span, words)) = rights else { return (with, Vec::new()) };
        let is_right =
            |word: &Ident| RIGHTS.contains(&word.name.as_str()) || !did_you_mean(&word.name, RIGHTS).is_empty();
        if !words.iter().any(is_right) && (undo || !words.is_empty()) {
            let arg = |name: Ident| Arg { name: None, value: Expr { span: name.span, kind: ExprKind::Name(name) } };
            let whole = with.span.to(span);
            let kind = ExprKind::Call { callee: with, args: words.into_iter().map(arg).collect() };
            return (Box::new(Expr { kind, span: whole }), Vec::new());
        }
        (with, words)
    }

    fn emit(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let signal = self.ident(&nodes.presume(Rule::Name)?);
        let fields = nodes.option(Rule::record_body).map_or(Ok(Vec::new()), |f| self.field_inits(f))?;
        let to = nodes.next().map(|to| self.expr_like(to)).transpose()?;
        Ok(StmtKind::Emit { signal, fields, to })
    }
}
