//! How activities are done, as a build tells it.

use crate::{
    base::words::snake_case,
    bytecode::module as out,
    sema::{
        hir,
        schema::{ActivityLimits, Doer, FixedRetry, ProcessHead},
    },
};

/// The clauses of an activity; `request` is what it asks over HTTP, with the function that makes its texts.
pub(super) fn activity(
    program: &hir::Program,
    head: &ProcessHead,
    limits: &ActivityLimits,
    request: Option<(&hir::Request, out::ConditionDef)>,
) -> out::ActivityDef {
    let by = match (&limits.by, request) {
        (Doer::Worker(queue), _) => out::ActivityBy::Worker(queue.clone()),
        (Doer::Http, Some((request, texts))) => out::ActivityBy::Http(http(request, texts)),
        (Doer::Wasm(file), _) => out::ActivityBy::Wasm(out::PluginDef {
            file: file.clone(),
            function: snake_case(&head.name),
            bytes: program.plugins.get(file).cloned().unwrap_or_default(),
        }),
        _ => out::ActivityBy::Native,
    };
    let record = head.primary.as_ref().map(|primary| primary.name.clone());
    out::ActivityDef { timeout: limits.timeout, retry: limits.retry.map(retry), record, by }
}

fn http(request: &hir::Request, texts: out::ConditionDef) -> out::HttpDef {
    let header =
        |(name, value): &(String, Vec<hir::Piece>)| out::HeaderDef { name: name.clone(), value: pieces(value) };
    out::HttpDef {
        method: request.method.clone(),
        texts,
        url: pieces(&request.url),
        headers: request.headers.iter().map(header).collect(),
    }
}

fn pieces(all: &[hir::Piece]) -> Vec<out::PieceDef> {
    let piece = |piece: &hir::Piece| match piece {
        hir::Piece::Plain => out::PieceDef::Plain,
        hir::Piece::Escaped => out::PieceDef::Escaped,
        hir::Piece::Secret(name) => out::PieceDef::Secret(name.clone()),
    };
    all.iter().map(piece).collect()
}

/// The checker has seen that the times have no months.
fn retry(retry: FixedRetry) -> out::RetryDef {
    let micros = |time: crate::base::value::Duration| {
        i64::from(time.days).saturating_mul(86_400_000_000).saturating_add(time.micros).max(0)
    };
    out::RetryDef {
        times: u32::try_from(retry.times.max(0)).unwrap_or(u32::MAX),
        after: retry.after.map_or(0, micros),
        doubling: retry.doubling,
        up_to: retry.up_to.map(micros),
    }
}
