//! Queries.

use pest::iterators::Pair;

use super::{Builder, Built, Defect};
use crate::diag::codes;
use crate::syntax::ast::{ExprKind, OrderKey, Query, QueryHead};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `find d in Deal where … order by …`.
    pub(super) fn query(&mut self, pair: Pair<'_, Rule>) -> Built<ExprKind> {
        let mut nodes = self.nodes(pair);
        let head_pair = nodes.presume(Rule::query_head)?;
        let head_words = self.phrase(&head_pair);
        let head = match head_words.name.as_str() {
            "find" => QueryHead::Find,
            "find one" => QueryHead::FindOne,
            "exists" => QueryHead::Exists,
            "count" => QueryHead::Count,
            "sum" => QueryHead::Sum,
            "average" => QueryHead::Average,
            "min" => QueryHead::Min,
            "max" => QueryHead::Max,
            _ => return Err(Defect { span: head_words.span }),
        };
        let name = self.ident(&nodes.presume(Rule::name)?);
        let source = self.presume_expr(&mut nodes)?;
        let mut query = Query {
            head,
            head_span: head_words.span,
            name,
            source,
            condition: None,
            group: None,
            order: Vec::new(),
            limit: None,
            select: None,
        };
        let told = self.diagnostics.len();
        for clause in nodes {
            self.query_clause(&mut query, clause)?;
        }
        // `count t in Task where t.open == true == 3`: the query goes as far right as it can.
        if let Some(chained) = self.diagnostics.get_mut(told..).and_then(|new| new.last_mut())
            && chained.code == codes::E0107
            && query.condition.as_ref().is_some_and(|condition| matches!(condition.kind, ExprKind::Error))
        {
            let whole = query.head_span.to(chained.primary.span);
            *chained = errors::open_query(&head_words.name, chained.primary.span, query.head_span);
            // The bracket that was put in may belong before the second comparison.
            if self.guesses.iter().any(|guess| *guess >= whole.end) && self.is_in_open_bracket(whole) {
                self.diagnostics.pop();
            }
            return Ok(ExprKind::Error);
        }
        Ok(ExprKind::Query(Box::new(query)))
    }

    fn query_clause(&mut self, query: &mut Query, clause: Pair<'_, Rule>) -> Built<()> {
        let rule = clause.as_rule();
        let mut nodes = self.nodes(clause);
        match rule {
            Rule::where_clause => query.condition = Some(self.presume_expr(&mut nodes)?),
            Rule::group_by => {
                let key = self.presume_expr(&mut nodes)?;
                query.group = Some((key, self.ident(&nodes.presume(Rule::name)?)));
            }
            Rule::order_by => {
                for key in nodes {
                    let mut key = self.nodes(key);
                    let descending = key.has(Rule::k_descending);
                    query.order.push(OrderKey { value: self.presume_expr(&mut key)?, descending });
                }
            }
            Rule::query_limit => query.limit = Some(self.presume_expr(&mut nodes)?),
            Rule::select => query.select = Some(self.presume_expr(&mut nodes)?),
            _ => return nodes.defect(),
        }
        Ok(())
    }

    /// `all x in xs satisfy c`.
    pub(super) fn all_query(&mut self, pair: Pair<'_, Rule>) -> Built<ExprKind> {
        let mut nodes = self.nodes(pair);
        let name = self.ident(&nodes.presume(Rule::name)?);
        let source = Box::new(self.presume_expr(&mut nodes)?);
        let condition = Box::new(self.presume_expr(&mut nodes)?);
        Ok(ExprKind::All { name, source, condition })
    }
}
