//! Statements and expressions about signals, relations, activities, shares, queues, settings, floats and currencies.

use super::{
    body::{Body, Kind, Name},
    project::ENTITIES,
};

impl Body<'_> {
    pub(super) fn emit(&mut self) -> bool {
        if self.silent {
            return false;
        }
        let handles = self.names(|name| name.ty == "handle");
        let to = match self.below(4) {
            0 => String::new(),
            1 if !handles.is_empty() => {
                self.project.count("emit to handle");
                self.one_of(&handles).map(|handle| format!(" to {}", handle.name)).unwrap_or_default()
            }
            _ => self.record().map(|record| format!(" to {}", record.name)).unwrap_or_default(),
        };
        self.project.count("emit");
        let (n, note) = (self.int(1), self.pick(&["", ", note: \"hm\""]));
        self.line(&format!("emit Ping {{ n: {n}{note} }}{to}"));
        true
    }

    /// What an arm for a signal says before its name.
    pub(super) fn signal_head(&mut self) -> &'static str {
        self.project.count("on signal");
        self.pick_static(&["on Ping", "on Ping", "on Ping where it.n > 1", "on Ping where it.note is not none"])
    }

    /// The parts of a signal that is known by a name.
    pub(super) fn declare_signal(&mut self, name: &str) {
        self.declare(Name::value(&format!("{name}.n"), "int"));
    }

    pub(super) fn wait_signal(&mut self) {
        self.project.count("wait on signal");
        let (head, name) = (self.signal_head(), self.project.name("s"));
        if self.chance(50) {
            self.line(&format!("let {name} = wait {head}"));
        } else {
            self.line(&format!("wait {head} as {name}"));
        }
        self.declare_signal(&name);
    }

    /// Two records that a relation may join, and its name.
    fn pair_of_relation(&mut self) -> Option<(String, String)> {
        let record = self.record()?;
        let (other, relation) = match record.entity {
            0 => (self.record_of(1)?, "betas"),
            1 => (self.record_of(0)?, "alphas"),
            _ => (self.record_of(2)?, self.pick(&["friends", "admirers"])),
        };
        Some((other.name, format!("{}.{relation}", record.name)))
    }

    pub(super) fn link(&mut self) -> bool {
        let Some((other, relation)) = self.pair_of_relation() else { return false };
        if self.chance(65) {
            self.project.count("link");
            self.line(&format!("link {other} to {relation}"));
        } else {
            self.project.count("unlink");
            self.line(&format!("unlink {other} from {relation}"));
        }
        true
    }

    /// A relation of a record with the entity of its members.
    fn relation(&mut self) -> Option<(String, usize)> {
        let record = self.record()?;
        self.project.count("relation");
        let (relation, entity) = match record.entity {
            0 => ("betas", 1),
            1 => ("alphas", 0),
            _ => (self.pick(&["friends", "admirers"]), 2),
        };
        Some((format!("{}.{relation}", record.name), entity))
    }

    /// How many members of a relation are so.
    pub(super) fn members(&mut self) -> Option<String> {
        let ((relation, _), name) = (self.relation()?, self.project.name("q"));
        let test = self.pick(&["", " where NAME.n > 1", " where NAME.flag", " where NAME.state == open"]);
        Some(format!("(count {name} in {relation}{})", test.replace("NAME", &name)))
    }

    /// The numbers of the members of a relation.
    pub(super) fn numbers_of_members(&mut self) -> Option<String> {
        let ((relation, _), name) = (self.relation()?, self.project.name("q"));
        let order = self.pick(&["", " order by NAME.n", " order by NAME.name descending then by NAME.n limit 2"]);
        Some(format!("(find {name} in {relation}{} select {name}.n)", order.replace("NAME", &name)))
    }

    pub(super) fn for_relation(&mut self) -> bool {
        let Some((relation, entity)) = self.relation() else { return false };
        self.project.count("for relation");
        let name = self.project.name("r");
        self.loop_over(&format!("for each {name} in find {name} in {relation} {{"), &name, entity);
        true
    }

    pub(super) fn do_activity(&mut self) -> bool {
        if self.calls_nothing {
            return false;
        }
        self.project.count("activity");
        let (name, number) = (self.project.name("v"), self.int(1));
        let (call, part) = match self.below(9) {
            0..=3 => (format!("do Ask({number}, {})", self.text(0)), Some(name.clone())),
            4..=5 => (format!("do Tell({number})"), None),
            6..=7 => (format!("do Weigh({number})"), Some(format!("{name}.a"))),
            _ => (format!("do Nobody({number})"), None),
        };
        let again = self.may_wait() && self.chance(25);
        let retry = if again { self.pick(&[" retry 2 times", " retry 1 times after 2 hours"]) } else { "" };
        match part {
            Some(part) => {
                self.line(&format!("let {name} = {call}{retry}"));
                self.declare(Name::value(&part, "int"));
            }
            None => self.line(&format!("{call}{retry}")),
        }
        true
    }

    /// `share`, `unshare`, `route`.
    pub(super) fn share_or_route(&mut self) -> bool {
        let Some(record) = self.writable() else { return false };
        if self.chance(40) {
            self.project.count("route");
            let queue = self.pick(&["Queue[\"Desk\"]", "config.desk", "config.desk", "Queue[\"Attic\"]"]);
            self.line(&format!("route {} to {queue}", record.name));
            return true;
        }
        let (user, who) = (self.project.name("u"), self.pick(&["Ann", "Bo"]));
        let rights = self.pick(&["read", "read, update", "delete"]);
        let gives = self.chance(70);
        self.project.count(if gives { "share" } else { "unshare" });
        self.line(&format!("let {user} = find one {user}q in User where {user}q.name == \"{who}\""));
        self.block(&format!("if {user} is not none {{"), "}", |me| {
            me.line(&if gives {
                format!("share {} with {user} ({rights})", record.name)
            } else {
                format!("unshare {} with {user}", record.name)
            });
        });
        true
    }

    pub(super) fn on_cancel(&mut self, params: usize) {
        if self.kind() != Kind::Background || !self.chance(35) {
            return;
        }
        self.project.count("on cancel");
        self.keep_params(params);
        self.within_finally(|me| me.block("on cancel {", "}", Self::some));
    }

    pub(super) fn float(&mut self, depth: u32) -> String {
        self.project.count("float");
        if depth == 0 {
            return match self.fields() {
                Some(record) if self.chance(50) => format!("{record}.ratio"),
                _ => self.pick(&["0.5f", "1.5f", "-2.25f", "0.1f", "3e2f", "0f"]).to_owned(),
            };
        }
        let d = depth - 1;
        match self.below(8) {
            0..=3 => {
                let op = self.pick(&["+", "-", "*", "+", "-", "*", "/"]);
                format!("({} {op} {})", self.float(d), self.float(d))
            }
            4 => format!("float({})", self.int(d)),
            5 => format!("float({})", self.decimal()),
            6 => format!("round({}, 1)", self.float(d)),
            _ => self.float(0),
        }
    }

    /// An amount of any currency, which may be absent.
    pub(super) fn coins(&mut self) -> String {
        self.project.count("currency");
        let record = self.fields();
        match (self.below(9), record) {
            (0, Some(record)) => format!("{record}.net"),
            (1, Some(record)) => format!("{record}.tax"),
            (2, Some(record)) => format!("(({record}.net ?? 1 EUR) + 1 EUR)"),
            (3, Some(record)) => format!("(({record}.net ?? 2 CHF) * 1.5)"),
            (4, Some(record)) => {
                self.project.count("convert");
                format!("convert({record}.net ?? 3 EUR, CHF)")
            }
            (5, _) => {
                self.project.count("convert");
                "convert(7.25 EUR, USD, at: @2026-01-06)".to_owned()
            }
            _ => self.pick(&["5 EUR", "5 EUR", "12.50 CHF", "0 EUR", "-3 USD", "2 EUR", "0 CHF", "8 SEK"]).to_owned(),
        }
    }

    /// What a condition says of the new fields of a record.
    pub(super) fn test_of_field(&mut self) -> &'static str {
        self.pick_static(&[
            "net > 5 EUR",
            "net is none",
            "currency == \"EUR\"",
            "exchange_rate < 1",
            "tax == 5 EUR",
            "ratio > 0.5f",
            "ratio == 0.5f",
            "part < 1",
        ])
    }

    /// Texts of the new kinds of values.
    pub(super) fn text_of_value(&mut self, depth: u32) -> String {
        match (self.below(5), self.fields()) {
            (0, Some(record)) => {
                self.project.count("base");
                format!("\"{{{record}.net}} {{{record}.net?.base}} {{{record}.currency}} {{{record}.exchange_rate}}\"")
            }
            (1, _) => format!("\"{{{}}}\"", self.float(depth)),
            (2, _) => format!("\"{{{}}}\"", self.coins()),
            (3, _) => self.folded(),
            _ => "(config.word ?? \"-\")".to_owned(),
        }
    }

    /// What a query makes of all values.
    fn folded(&mut self) -> String {
        self.project.count("fold");
        let (entity, name) = (self.below(3), self.project.name("q"));
        let condition = self.query_condition(&name, entity);
        let fold = self.pick(&[
            "sum HEAD select NAME.ratio",
            "average HEAD select NAME.ratio",
            "max HEAD select NAME.ratio",
            "average HEAD select NAME.n",
            "sum HEAD select NAME.net?.base",
            "min HEAD select NAME.part",
            "sum HEAD select NAME.part",
            "sum HEAD select NAME.amount",
        ]);
        let head = format!("{name} in {} where {condition}", ENTITIES[entity]);
        format!("\"{{({})}}\"", fold.replace("HEAD", &head).replace("NAME", &name))
    }
}
