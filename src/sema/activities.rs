//! Clauses of activities: how long one may take, and how it is tried again.

use super::{
    build::Builder,
    constants::{self, Constant},
    errors::kinds as errors,
    schema::{ActivityLimits, FixedRetry, ProcessHead},
    ty::Ty,
};
use crate::base::{
    limits::ACTIVITY_MICROS,
    value::{Duration, Value},
};
use crate::syntax::ast::{Expr, Retry, Using};

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
        ActivityLimits { timeout: timeout.unwrap_or(ACTIVITY_MICROS), retry }
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
