//! Statements that only tests have.

use pest::iterators::Pair;

use super::{Builder, Built, Nodes};
use crate::syntax::ast::{Arg, Expr, Ident, MockAnswer, StmtKind, TestStmt};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `given`, `advance`, `mock`, `expect`, ….
    pub(super) fn test_stmt(&mut self, rule: Rule, mut nodes: Nodes<'_>) -> Built<TestStmt> {
        Ok(match rule {
            Rule::given => self.given(nodes)?,
            Rule::advance => match nodes.option(Rule::advance_to) {
                Some(to) => TestStmt::AdvanceTo(self.only_expr(to)?),
                None => TestStmt::Advance(self.presume_expr(&mut nodes)?),
            },
            Rule::standstill => TestStmt::Standstill(self.presume_expr(&mut nodes)?),
            Rule::mock => self.mock(nodes)?,
            Rule::answer => self.answer(nodes)?,
            Rule::retry_parked => TestStmt::RetryParked(self.ident(&nodes.presume(Rule::Name)?)),
            Rule::give_up => TestStmt::GiveUp(self.ident(&nodes.presume(Rule::Name)?)),
            Rule::expect => {
                let what = nodes.presume_next()?;
                self.expect(what)?
            }
            _ => return nodes.defect(),
        })
    }

    fn given(&mut self, mut nodes: Nodes<'_>) -> Built<TestStmt> {
        if let Some(process) = nodes.option(Rule::given_process) {
            let mut process = self.nodes(process);
            let name = self.ident(&process.presume(Rule::Name)?);
            return Ok(TestStmt::GivenProcess { process: name, owner: self.presume_expr(&mut process)? });
        }
        if let Some(config) = nodes.option(Rule::given_config) {
            let mut config = self.nodes(config);
            let name = self.ident(&config.presume(Rule::name)?);
            return Ok(TestStmt::GivenConfig { name, value: self.presume_expr(&mut config)? });
        }
        let name = nodes.option(Rule::name).map(|name| self.ident(&name));
        let entity = self.ident(&nodes.presume(Rule::Name)?);
        let fields = nodes.presume(Rule::record_body)?;
        Ok(TestStmt::Given { name, entity, fields: self.field_inits(fields)? })
    }

    fn mock(&mut self, mut nodes: Nodes<'_>) -> Built<TestStmt> {
        let callee = self.ident(&nodes.presume(Rule::Name)?);
        let mut args: Vec<Option<Arg>> = Vec::new();
        while let Some(arg) = nodes.option(Rule::mock_arg) {
            let inner = self.nodes(arg).presume_next()?;
            args.push(if inner.as_rule() == Rule::any_value { None } else { Some(self.arg(inner)?) });
        }
        let answer = nodes.presume_next()?;
        let answer = if answer.as_rule() == Rule::mock_raise {
            let mut raise = self.nodes(answer);
            let name = self.ident(&raise.presume(Rule::Name)?);
            let fields = raise.next().map_or(Ok(Vec::new()), |fields| self.field_inits(fields))?;
            MockAnswer::Raise(name, fields)
        } else {
            MockAnswer::Value(self.expr_like(answer)?)
        };
        Ok(TestStmt::Mock { callee, args, answer })
    }

    fn answer(&mut self, mut nodes: Nodes<'_>) -> Built<TestStmt> {
        let back = nodes.has(Rule::k_back);
        let who = self.presume_expr(&mut nodes)?;
        let fields = nodes.option(Rule::record_body).map_or(Ok(Vec::new()), |f| self.field_inits(f))?;
        Ok(TestStmt::Answer { who, fields, back })
    }

    fn expect(&mut self, what: Pair<'_, Rule>) -> Built<TestStmt> {
        let rule = what.as_rule();
        if rule == Rule::expr {
            return Ok(TestStmt::Expect(self.expr(what)?));
        }
        let mut nodes = self.nodes(what);
        Ok(match rule {
            Rule::expect_sent => {
                let negated = nodes.has(Rule::k_no);
                let template = self.ident(&nodes.presume(Rule::Name)?);
                let to = nodes.next().map(|to| self.expr_like(to)).transpose()?;
                TestStmt::ExpectSent { template, to, negated }
            }
            Rule::expect_count => {
                let count = nodes.option(Rule::integer).map(|n| self.literal(n)).transpose()?;
                let (state, process) = self.two_names(&mut nodes)?;
                TestStmt::ExpectCount { count, state, process }
            }
            Rule::expect_state => {
                let (process, state) = self.two_names(&mut nodes)?;
                TestStmt::ExpectState { process, state }
            }
            Rule::expect_fails => {
                let stmt = self.nodes(nodes.presume(Rule::expect_stmt)?).presume_next()?;
                let mut stmt = self.simple(stmt)?;
                if let StmtKind::Effect(effect) = &stmt.kind {
                    stmt.span = effect.span;
                }
                let message: Expr = self.presume_expr(&mut nodes)?;
                TestStmt::ExpectFails { stmt: Box::new(stmt), message }
            }
            _ => return nodes.defect(),
        })
    }

    fn two_names(&self, nodes: &mut Nodes<'_>) -> Built<(Ident, Ident)> {
        let first = nodes.presume_next()?;
        let second = nodes.presume_next()?;
        Ok((self.ident(&first), self.ident(&second)))
    }
}
