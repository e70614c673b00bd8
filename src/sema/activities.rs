//! Clauses of activities: how long one may take, and how it is tried again.

use super::{
    build::Builder,
    constants::{self, Constant},
    errors::{activities as clauses, kinds as errors},
    schema::{ActivityLimits, Doer, FixedRetry, ProcessHead, Schema},
    ty::Ty,
};
use crate::base::{
    limits::ACTIVITY_MICROS,
    value::{Duration, Value},
};
use crate::syntax::ast::{Expr, ExprKind, Retry, TextPart, Using};

/// Whether values of a type have a form in JSON.
fn is_sent(schema: &Schema, ty: &Ty) -> bool {
    match ty.present() {
        Ty::Fault | Ty::Handle(_) | Ty::Pending(_) => false,
        Ty::List(inner) | Ty::Set(inner) => is_sent(schema, inner),
        Ty::Record(record) => {
            schema.record(*record).is_none_or(|record| record.fields.iter().all(|field| is_sent(schema, &field.ty)))
        }
        _ => true,
    }
}

impl Builder<'_, '_> {
    pub(super) fn activity_limits(&mut self, head: &ProcessHead, using: &Using) -> ActivityLimits {
        let timeout = match &using.timeout {
            None => {
                self.sink.push(errors::activity_without_timeout(&head.name, head.span));
                None
            }
            Some(timeout) => self.exact(timeout),
        };
        let retry = using.retry.as_ref().and_then(|retry| self.fixed_retry(retry));
        let by = self.doer(using);
        if by != Doer::Native {
            self.check_sent(head);
        }
        if by.is_job() {
            self.check_delays(using, retry);
        }
        let by_span = using.target.as_ref().map_or(using.span, |target| target.span);
        ActivityLimits { by, by_span, timeout: timeout.unwrap_or(ACTIVITY_MICROS), retry }
    }

    fn doer(&mut self, using: &Using) -> Doer {
        if using.kind.name != "http"
            && let Some((name, _)) = using.headers.first()
        {
            self.sink.push(clauses::header_without_http(name.span));
        }
        match (using.kind.name.as_str(), &using.target) {
            ("http", _) => Doer::Http,
            ("wasm", Some(target)) => Doer::Wasm(self.file(target)),
            ("worker", Some(target)) => Doer::Worker(self.queue(target)),
            _ => Doer::Native,
        }
    }

    fn queue(&mut self, written: &Expr) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let plain = match &written.kind {
            ExprKind::Text(text) => match text.parts.as_slice() {
                [TextPart::Plain(name)] if name.chars().all(is_part) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        };
        plain.unwrap_or_else(|| {
            self.sink.push(clauses::queue_name(written.span));
            String::new()
        })
    }

    /// A file of the project: a path from its folder on.
    fn file(&mut self, written: &Expr) -> String {
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':']);
        let plain = match &written.kind {
            ExprKind::Text(text) => match text.parts.as_slice() {
                [TextPart::Plain(path)] if path.split('/').all(is_part) => Some(path.clone()),
                _ => None,
            },
            _ => None,
        };
        plain.unwrap_or_else(|| {
            self.sink.push(clauses::plugin_path(written.span));
            String::new()
        })
    }

    /// What goes to somebody outside, and comes back, has a form there.
    fn check_sent(&mut self, head: &ProcessHead) {
        for param in &head.params {
            if !is_sent(&self.schema, &param.ty) {
                let shown = self.schema.show(&param.ty);
                self.sink.push(clauses::not_sent("an input", &shown, param.span));
            }
        }
        if !is_sent(&self.schema, &head.result) {
            let shown = self.schema.show(&head.result);
            self.sink.push(clauses::not_sent("a result", &shown, head.span));
        }
    }

    /// Delays between two tries are exact.
    fn check_delays(&mut self, using: &Using, retry: Option<FixedRetry>) {
        let times = retry.iter().flat_map(|retry| retry.after.iter().chain(&retry.up_to));
        if times.into_iter().any(|time| time.months != 0) {
            self.sink.push(clauses::months(using.span));
        }
    }

    /// A duration in microseconds, where it is longer than nothing and has no months.
    fn exact(&mut self, written: &Expr) -> Option<i64> {
        const DAY: i64 = 86_400_000_000;
        let duration = self.fixed_duration(written)?;
        let micros = i64::from(duration.days).checked_mul(DAY).and_then(|days| days.checked_add(duration.micros));
        let micros = micros.filter(|micros| *micros > 0 && duration.months == 0);
        if micros.is_none() {
            self.sink.push(errors::exact_duration(written.span));
        }
        micros
    }

    fn fixed_retry(&mut self, retry: &Retry) -> Option<FixedRetry> {
        let Constant::Value(Value::Int(times)) = constants::evaluate(&self.schema, &retry.times, &Ty::Int) else {
            self.sink.push(errors::fixed_number(retry.times.span));
            return None;
        };
        let after = retry.after.as_ref().and_then(|after| self.fixed_duration(after));
        let up_to = retry.up_to.as_ref().and_then(|up_to| self.fixed_duration(up_to));
        Some(FixedRetry { times, after, doubling: retry.doubling, up_to, span: retry.span })
    }

    fn fixed_duration(&mut self, written: &Expr) -> Option<Duration> {
        match constants::evaluate(&self.schema, written, &Ty::Duration) {
            Constant::Value(Value::Duration(duration)) => Some(duration),
            _ => {
                self.sink.push(errors::fixed_duration(written.span));
                None
            }
        }
    }
}
