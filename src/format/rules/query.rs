//! Queries.

use super::Formatter;
use crate::format::doc::{Doc, concat, group, nest, text};
use crate::syntax::ast::{OrderKey, Query, QueryHead};

impl Formatter<'_> {
    /// On one line, or each of its parts on a line of its own.
    pub(super) fn query(&mut self, query: &Query) -> Doc {
        let head = format!("{} {} in ", head_words(query.head), self.name(&query.name));
        let head = concat([text(head), self.expr(&query.source)]);
        let mut parts = Vec::new();
        let mut part = |words: &'static str, doc: Doc| parts.extend([Doc::Line, text(words), doc]);
        if let Some(condition) = &query.condition {
            part("where ", self.expr(condition));
        }
        if let Some((key, name)) = &query.group {
            let key = self.expr(key);
            part("group by ", concat([key, text(format!(" as {}", self.name(name)))]));
        }
        for (number, key) in query.order.iter().enumerate() {
            part(if number == 0 { "order by " } else { "then by " }, self.order_key(key));
        }
        if let Some(limit) = &query.limit {
            part("limit ", self.expr(limit));
        }
        if let Some(select) = &query.select {
            part("select ", self.expr(select));
        }
        group(concat([head, nest(Doc::Concat(parts))]))
    }

    fn order_key(&mut self, key: &OrderKey) -> Doc {
        concat([self.expr(&key.value), if key.descending { text(" descending") } else { Doc::Nil }])
    }
}

fn head_words(head: QueryHead) -> &'static str {
    match head {
        QueryHead::Find => "find",
        QueryHead::FindOne => "find one",
        QueryHead::Exists => "exists",
        QueryHead::Count => "count",
        QueryHead::Sum => "sum",
        QueryHead::Average => "average",
        QueryHead::Min => "min",
        QueryHead::Max => "max",
    }
}
