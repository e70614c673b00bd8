//! Statements of tests.

use super::{function::Lowerer, slots::Reg, unwind::ScopeKind, waits::process};
use crate::{
    base::value::Value,
    bytecode::{
        host::{HostOp, InstanceState},
        isa::Instruction,
        types::{ConfigIdx, RecordIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{self, Block, Comparison, Expr, ExprKind, MockAnswer, TestStmt},
        schema::{ConfigId, ProcessId},
        ty::Ty,
    },
};

impl Lowerer<'_> {
    /// A statement of a test.
    pub(super) fn test_stmt(&mut self, stmt: &TestStmt) {
        match stmt {
            TestStmt::Advance(duration) => self.host_of(HostOp::TestAdvance, duration, None),
            TestStmt::AdvanceTo(moment) => self.host_of(HostOp::TestAdvanceTo, moment, None),
            TestStmt::Expect { condition, text, private } => self.expect(condition, text, *private),
            TestStmt::ExpectFails { body, message, text } => self.expect_fails(body, message, text),
            TestStmt::ExpectInstances { count, state, process } => {
                self.expect_instances(count.as_ref(), *state, *process);
            }
            TestStmt::ExpectSent { args, negated } => {
                let regs: Vec<Reg> = args.iter().map(|arg| self.value(arg)).collect();
                self.host(HostOp::TestSent { negated: *negated }, &regs, None);
            }
            TestStmt::AnswerForm { user, fields } => {
                let op = HostOp::TestAnswerForm { fields: fields.iter().map(|(name, _)| name.clone()).collect() };
                self.answer(op, Some(user), fields);
            }
            TestStmt::AnswerPage { process: id, fields } => {
                let names = fields.iter().map(|(name, _)| name.clone()).collect();
                self.answer(HostOp::TestAnswerPage { process: process(*id), fields: names }, None, fields);
            }
            TestStmt::Back(id) => self.host(HostOp::TestBack(process(*id)), &[], None),
            TestStmt::Mock { process: id, inputs, answer } => self.mock(*id, inputs, answer),
            TestStmt::GiveUp(id) => self.host(HostOp::TestGiveUp(process(*id)), &[], None),
            TestStmt::GivenConfig { config, value } => self.given_config(*config, value),
            TestStmt::GivenProcess { process: id, owner } => {
                self.host_of(HostOp::TestGivenProcess(process(*id)), owner, None);
            }
            TestStmt::Retry(id) => self.host(HostOp::TestRetry(process(*id)), &[], None),
            TestStmt::Standstill(duration) => self.host_of(HostOp::TestStandstill, duration, None),
        }
    }

    /// Who is asked, then what is answered.
    fn answer(&mut self, op: HostOp, user: Option<&Expr>, fields: &[(String, Expr)]) {
        let values = user.into_iter().chain(fields.iter().map(|(_, value)| value));
        let exprs: Vec<(&Expr, TypeIdx)> = values.map(|value| (value, self.tables.types.lower(&value.ty))).collect();
        let run = self.lower_run(&exprs);
        self.host_run(op, &run, None);
    }

    fn given_config(&mut self, config: ConfigId, value: &Expr) {
        let Some(head) = self.program.schema.config(config) else { return };
        let ty = self.ty(&head.ty);
        let mark = self.slots.mark();
        let run = self.lower_run(&[(value, ty)]);
        self.host(HostOp::TestGivenConfig(ConfigIdx(config.0)), &run, None);
        self.slots.release(mark);
    }

    /// The inputs that are compared, then the answer.
    fn mock(&mut self, id: ProcessId, inputs: &[(u16, Expr)], answer: &MockAnswer) {
        let program = self.program;
        let Some(head) = program.schema.processes.get(usize::from(id.0)) else { return };
        let takes: Vec<&Ty> = head.primary.iter().chain(&head.params).map(|param| &param.ty).collect();
        let given = inputs.iter().filter_map(|(index, value)| Some((value, *takes.get(usize::from(*index))?)));
        let mut exprs: Vec<(&Expr, TypeIdx)> = given.map(|(value, ty)| (value, self.tables.types.lower(ty))).collect();
        let raises = match answer {
            MockAnswer::Value(value) => {
                exprs.extend(value.iter().map(|value| (value, self.tables.types.lower(&head.result))));
                None
            }
            MockAnswer::Raise(error, value) => {
                exprs.push((value, self.tables.types.lower(&value.ty)));
                Some(RecordIdx(error.0))
            }
        };
        let run = self.lower_run(&exprs);
        let inputs = inputs.iter().map(|(index, _)| *index).collect();
        self.host_run(HostOp::TestMock { process: process(id), inputs, raises }, &run, None);
    }

    fn expect(&mut self, condition: &Expr, text: &str, private: bool) {
        let holds = self.code.label();
        let sides = match &condition.kind {
            ExprKind::Compare(comparison, left, right) if !private && has_words(&left.ty) && has_words(&right.ty) => {
                self.branch_on_sides(*comparison, left, right, holds)
            }
            _ => {
                self.branch(condition, holds, true);
                None
            }
        };
        let message = self.text_constant(&format!("expected {text}"));
        let message = match sides {
            Some([left, right]) => {
                let mut parts = vec![message, self.text_constant(", but the left side is ")];
                parts.push(self.shown(left));
                parts.push(self.text_constant(" and the right side is "));
                parts.push(self.shown(right));
                self.join_texts(&parts)
            }
            None => message,
        };
        self.host(HostOp::TestFail, &[message], None);
        self.code.bind(holds);
    }

    /// The text of a value in a message; an absent one is `none`.
    fn shown(&mut self, reg: Reg) -> Reg {
        let into = self.take_def(TypeDef::Text);
        let (absent, end) = (self.code.label(), self.code.label());
        let is_optional = matches!(self.def(reg.ty), TypeDef::Optional(_));
        if is_optional {
            self.jump_absent(reg, absent);
        }
        let present = self.present_part(reg);
        let text = self.text_of(present);
        self.copy(into, text);
        if is_optional {
            self.code.jump(end);
            self.code.bind(absent);
            self.constant(&Value::Text("none".to_owned()), into);
            self.code.bind(end);
        }
        into
    }

    /// `expect STATEMENT fails "…"`.
    fn expect_fails(&mut self, body: &Block, part: &Expr, text: &str) {
        let (caught, end) = (self.code.label(), self.code.label());
        let fault = self.take_def(TypeDef::Fault);
        self.open_scope(ScopeKind::Catch);
        self.block(body);
        let scope = self.close_scope();
        let message = self.text_constant(&format!("expected that {text} fails"));
        self.host(HostOp::TestFail, &[message], None);
        self.code.jump(end);
        self.code.bind(caught);
        self.guard(&scope, caught, fault.slot(), false);
        let message = self.take_def(TypeDef::Text);
        self.emit(Instruction::FaultMessage { into: message.slot(), from: fault.slot() });
        let part = self.value(part);
        let contains = self.take_def(TypeDef::Bool);
        let (into, left, right) = (contains.slot(), message.slot(), part.slot());
        self.emit(Instruction::TextContains { into, left, right });
        self.jump_if(into, end, true);
        let parts = [
            self.text_constant(&format!("expected that {text} fails with \"")),
            part,
            self.text_constant("\", but it failed with \""),
            message,
            self.text_constant("\""),
        ];
        let message = self.join_texts(&parts);
        self.host(HostOp::TestFail, &[message], None);
        self.code.bind(end);
    }

    fn expect_instances(&mut self, count: Option<&Expr>, state: hir::InstanceState, id: ProcessId) {
        let program = self.program;
        let name = program.schema.processes.get(usize::from(id.0)).map_or("", |head| head.name.as_str());
        let word = state_word(state);
        let holds = self.code.label();
        let (found, wanted) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        let op = HostOp::TestCount { process: process(id), state: instance_state(state) };
        self.host(op, &[], Some(found));
        let message = if let Some(count) = count {
            self.value_as(count, wanted);
            let (left, right) = (found.slot(), wanted.slot());
            self.code.emit_jump(holds, |to| Instruction::JumpEqual { left, right, to });
            let parts = [
                self.text_constant("expected "),
                self.text_of(wanted),
                self.text_constant(&format!(" {word} {name}, but there are ")),
                self.text_of(found),
            ];
            self.join_texts(&parts)
        } else {
            self.host(HostOp::TestCountAll(process(id)), &[], Some(wanted));
            let wrong = self.code.label();
            let (left, right) = (found.slot(), wanted.slot());
            self.code.emit_jump(wrong, |to| Instruction::JumpEqualTo { left, value: 0, to });
            self.code.emit_jump(holds, |to| Instruction::JumpEqual { left, right, to });
            self.code.bind(wrong);
            let parts = [
                self.text_constant(&format!("expected that {name} is {word}, but that holds for ")),
                self.text_of(found),
                self.text_constant(" of "),
                self.text_of(wanted),
            ];
            self.join_texts(&parts)
        };
        self.host(HostOp::TestFail, &[message], None);
        self.code.bind(holds);
    }

    /// Goes on at `holds` if the comparison holds; gives both sides where they can be shown.
    fn branch_on_sides(
        &mut self,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
        holds: super::code::Label,
    ) -> Option<[Reg; 2]> {
        if matches!(
            comparison,
            Comparison::Contains | Comparison::EndsWith | Comparison::In | Comparison::Matches | Comparison::StartsWith
        ) {
            self.branch_compare(comparison, left, right, holds, true);
            return None;
        }
        let sides = [self.value(left), self.value(right)];
        self.branch_sides(comparison, sides, holds, true);
        Some(sides)
    }
}

fn instance_state(state: hir::InstanceState) -> InstanceState {
    use hir::InstanceState as From;
    match state {
        From::Canceled => InstanceState::Canceled,
        From::Failed => InstanceState::Failed,
        From::Parked => InstanceState::Parked,
        From::Paused => InstanceState::Paused,
        From::Postponed => InstanceState::Postponed,
        From::Queued => InstanceState::Queued,
        From::Ready => InstanceState::Ready,
        From::Running => InstanceState::Running,
        From::Succeeded => InstanceState::Succeeded,
        From::Waiting => InstanceState::Waiting,
    }
}

fn state_word(state: hir::InstanceState) -> &'static str {
    use hir::InstanceState as From;
    match state {
        From::Canceled => "canceled",
        From::Failed => "failed",
        From::Parked => "parked",
        From::Paused => "paused",
        From::Postponed => "postponed",
        From::Queued => "queued",
        From::Ready => "ready",
        From::Running => "running",
        From::Succeeded => "succeeded",
        From::Waiting => "waiting",
    }
}

/// Whether a value of the type can stand in a message.
fn has_words(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) | Ty::List(inner) | Ty::Set(inner) => has_words(inner),
        Ty::Handle(_) | Ty::Named(_) | Ty::Record(_) => false,
        _ => true,
    }
}
