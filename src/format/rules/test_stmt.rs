//! Statements that only tests have.

use super::Formatter;
use crate::format::doc::{Doc, concat, text};
use crate::syntax::ast::{Arg, Expr, Ident, MockAnswer, Stmt, TestStmt};

impl Formatter<'_> {
    pub(super) fn test_stmt(&mut self, whole: &Stmt, stmt: &TestStmt) -> Doc {
        match stmt {
            TestStmt::Given { name, entity, fields } => {
                let name = name.as_ref().map_or_else(String::new, |name| format!("{} = ", self.name(name)));
                let head = text(format!("given {name}{} ", self.name(entity)));
                concat([head, self.field_inits(fields, entity.span.end)])
            }
            TestStmt::GivenConfig { name, value } => {
                concat([text(format!("given config {} = ", self.name(name))), self.expr(value)])
            }
            TestStmt::GivenProcess { process, owner } => {
                concat([text(format!("given process {} owned by ", self.name(process))), self.expr(owner)])
            }
            TestStmt::Advance(time) => concat([text("advance "), self.expr(time)]),
            TestStmt::AdvanceTo(moment) => concat([text("advance to "), self.expr(moment)]),
            TestStmt::Standstill(time) => concat([text("standstill "), self.expr(time)]),
            TestStmt::Mock { callee, args, answer } => self.mock(callee, args, answer, whole.span.end),
            TestStmt::Answer { who, fields, back } => {
                let head = concat([text("answer "), self.expr(who), text(" ")]);
                let tail = if *back { text("back") } else { self.field_inits(fields, who.span.end) };
                concat([head, tail])
            }
            TestStmt::Expect(condition) => concat([text("expect "), self.expr(condition)]),
            TestStmt::ExpectFails { stmt, message } => {
                let before = self.comments.before(stmt.span.start);
                let inner = self.stmt(stmt);
                concat([text("expect "), before, inner, text(" fails "), self.expr(message)])
            }
            TestStmt::ExpectCount { count, state, process } => {
                let count = match count {
                    Some(count) => self.expr(count),
                    None => text("no"),
                };
                concat([text("expect "), count, text(format!(" {} {}", self.name(state), self.name(process)))])
            }
            TestStmt::ExpectState { process, state } => {
                text(format!("expect {} is {}", self.name(process), self.name(state)))
            }
            TestStmt::ExpectSent { template, to, negated } => {
                let word = if *negated { "expect no sent" } else { "expect sent" };
                concat([text(format!("{word} {}", self.name(template))), self.optional(" to ", to.as_ref())])
            }
            TestStmt::GiveUp(process) => text(format!("give up {}", self.name(process))),
            TestStmt::RetryParked(process) => text(format!("retry {}", self.name(process))),
        }
    }

    fn mock(&mut self, callee: &Ident, args: &[Option<Arg>], answer: &MockAnswer, end: u32) -> Doc {
        let mut docs = vec![text(format!("mock {}(", self.name(callee)))];
        for (number, arg) in args.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            docs.push(text(comma));
            match arg {
                Some(arg) => docs.push(self.mock_arg(arg.name.as_ref(), &arg.value)),
                None => docs.push(text("_")),
            }
        }
        docs.push(text(") => "));
        match answer {
            MockAnswer::Value(value) => docs.push(self.expr(value)),
            MockAnswer::Raise(error, fields) => {
                docs.push(text(format!("raise {}", self.name(error))));
                docs.push(self.optional_fields(fields, error));
            }
        }
        docs.push(self.comments.before(end));
        Doc::Concat(docs)
    }

    fn mock_arg(&mut self, name: Option<&Ident>, value: &Expr) -> Doc {
        let name = name.map_or_else(String::new, |name| format!("{}: ", self.name(name)));
        concat([text(name), self.expr(value)])
    }
}
