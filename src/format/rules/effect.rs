//! Statements that give a value.

use super::{Formatter, quote};
use crate::format::doc::{Doc, concat, group, nest, text};
use crate::syntax::ast::{Block, Early, Effect, EffectKind, Recipient, Retry};

impl Formatter<'_> {
    pub(super) fn effect(&mut self, effect: &Effect) -> Doc {
        match &effect.kind {
            EffectKind::Create { entity, fields } => {
                let head = text(format!("create {} ", self.name(entity)));
                concat([head, self.field_inits(fields, entity.span.end)])
            }
            EffectKind::Do { callee, args, retry, timeout } => {
                let head = text(format!("do {}", self.name(callee)));
                let args = self.args(args, callee.span.end);
                let retry = match retry {
                    Some(retry) => concat([Doc::Line, self.retry(retry)]),
                    None => Doc::Nil,
                };
                let timeout = match timeout {
                    Some(timeout) => concat([Doc::Line, text("timeout "), self.expr(timeout)]),
                    None => Doc::Nil,
                };
                group(concat([head, args, nest(concat([retry, timeout]))]))
            }
            EffectKind::Start { callee, args } => {
                concat([text(format!("start {}", self.name(callee))), self.args(args, callee.span.end)])
            }
            EffectKind::WaitHandle(handle) => concat([text("wait for "), self.expr(handle)]),
            EffectKind::WaitSignal { signal, condition, bind } => {
                let head = text(format!("wait on {}", self.name(signal)));
                let condition = self.optional(" where ", condition.as_deref());
                concat([head, condition, self.bind(bind.as_ref())])
            }
            EffectKind::Ask { user, title, fields, due } => {
                let head = concat([text("ask "), self.expr(user), text(" "), self.expr(title), text(" ")]);
                let fields = self.params("{", fields, title.span.end, "}");
                concat([head, fields, self.optional(" due ", due.as_deref())])
            }
            EffectKind::SendTemplate { template, args, to } => {
                let head = text(format!("send email {}", self.name(template)));
                let args = self.args(args, template.span.end);
                let mut recipients = Vec::new();
                for (kind, party) in to {
                    let word = match kind {
                        Recipient::To => "to ",
                        Recipient::Cc => "cc ",
                        Recipient::Bcc => "bcc ",
                        Recipient::From => "from ",
                        Recipient::Attach => "attach ",
                    };
                    recipients.extend([Doc::Line, text(word), self.expr(party)]);
                }
                group(concat([head, args, nest(Doc::Concat(recipients))]))
            }
            EffectKind::SendFields(fields) => {
                let start = self.next_token(effect.span.start + 4) + 5;
                concat([text("send email "), self.field_inits(fields, start)])
            }
            EffectKind::Parallel { early, branches } => {
                let head = concat([self.early(early), text(" ")]);
                let place = |branch: &(String, Block)| (self.branch_start(branch), branch.1.span.end);
                let places: Vec<(u32, u32)> = branches.iter().map(place).collect();
                let from = early.until.as_ref().map_or(effect.span.start, |until| until.span.end);
                let open = self.slice(from, effect.span.end).find('{').unwrap_or(0);
                let open = from + u32::try_from(open).unwrap_or(0) + 1;
                let parts: Vec<_> = branches.iter().zip(places).collect();
                concat([head, self.lines(open, &parts, |part| part.1, |f, part| f.branch(part.0))])
            }
            EffectKind::ParallelFor { early, name, source, limit, body } => {
                let early = self.early(early);
                let head = concat([early, text(format!(" for each {} in ", self.name(name)))]);
                let source = self.expr(source);
                let limit = match limit {
                    Some(limit) => concat([text(" limit "), self.expr(limit), text(" at once")]),
                    None => Doc::Nil,
                };
                self.with_block(concat([head, source, limit]), body)
            }
        }
    }

    /// `parallel first 2 until c`.
    fn early(&mut self, early: &Early) -> Doc {
        let first = text(if early.first { "parallel first" } else { "parallel" });
        let count = self.optional(" ", early.count.as_ref());
        let until = self.optional(" until ", early.until.as_ref());
        concat([first, count, until])
    }

    /// The place of the word `branch`: the last one before the block.
    fn branch_start(&self, branch: &(String, Block)) -> u32 {
        let before = self.slice(0, branch.1.span.start);
        before.rfind("branch").and_then(|at| u32::try_from(at).ok()).unwrap_or(branch.1.span.start)
    }

    fn branch(&mut self, branch: &(String, Block)) -> Doc {
        let head = text(format!("branch {}", quote(&branch.0)));
        self.with_block(head, &branch.1)
    }

    /// `retry 3 times after 10 seconds doubling up to 5 minutes`.
    pub(super) fn retry(&mut self, retry: &Retry) -> Doc {
        let before = self.comments.before(retry.span.start);
        let mut docs = vec![before, text("retry "), self.expr(&retry.times), text(" times")];
        docs.push(self.optional(" after ", retry.after.as_ref()));
        docs.push(text(if retry.doubling { " doubling" } else { "" }));
        docs.push(self.optional(" up to ", retry.up_to.as_ref()));
        Doc::Concat(docs)
    }
}
