//! Random expressions of each type.

use super::{
    body::{Body, Name, Old},
    project::ENTITIES,
};

impl Body<'_> {
    /// A value of a type.
    pub(super) fn value(&mut self, ty: &str, depth: u32) -> String {
        match ty {
            "bool" => self.truth(depth),
            "int?" => self.maybe(depth),
            "list of int" => self.list(depth),
            "text" => self.text(depth),
            "Pair" => self.pair(depth),
            _ => self.int(depth),
        }
    }

    fn known(&mut self, ty: &str) -> Option<Name> {
        let names = self.names(|name| name.ty == ty);
        self.one_of(&names)
    }

    /// Something with the fields of a record: a record, or `old`.
    pub(super) fn fields(&mut self) -> Option<String> {
        if self.knows_old() == Old::Always && self.chance(25) {
            self.project.count("old");
            return Some("old".to_owned());
        }
        let names = self.names(|name| name.ty == "record");
        self.one_of(&names).map(|name| name.name)
    }

    pub(super) fn int(&mut self, depth: u32) -> String {
        let plain = self.below(3) == 0;
        if depth == 0 || plain {
            let choice = self.below(3);
            if choice == 0
                && let Some(name) = self.known("int")
            {
                return name.name;
            }
            if choice == 1
                && let Some(record) = self.fields()
            {
                return format!("{record}.n");
            }
            return self.pick(&["0", "1", "2", "3", "7", "-1", "40"]).to_owned();
        }
        let d = depth - 1;
        match self.below(16) {
            13 => {
                self.project.count("config");
                "config.cap".to_owned()
            }
            14 => format!("whole({})", self.float(d)),
            15 => self.members().unwrap_or_else(|| self.int(0)),
            0..=2 => {
                let (op, left, right) = (self.pick(&["+", "-", "+"]), self.int(d), self.int(d));
                format!("({left} {op} {right})")
            }
            3 => format!("({} * {})", self.int(d), self.pick(&["2", "3", "-1"])),
            4 => {
                let op = self.pick(&["div", "mod"]);
                format!("({} {op} {})", self.int(d), self.pick(&["2", "3", "7", "-2", "2", "3", "7", "-2", "5", "0"]))
            }
            5 => format!("({} ?? {})", self.some_maybe(d), self.int(d)),
            6 => format!("(if {} then {} else {})", self.truth(d), self.int(d), self.int(d)),
            7 => format!("length({})", self.text(d)),
            8 => {
                let (entity, name) = (self.below(3), self.project.name("q"));
                let condition = self.query_condition(&name, entity);
                self.project.count("count");
                format!("(count {name} in {} where {condition})", ENTITIES[entity])
            }
            9 => self.call("fi", d),
            10 => {
                self.project.count("match value");
                let subject = self.int(d);
                format!(
                    "(match {subject} {{ 0 or 1 => {}, 2 if {} => {}, else => {} }})",
                    self.int(d),
                    self.truth(0),
                    self.int(d),
                    self.int(d)
                )
            }
            11 => match self.known("Pair") {
                Some(pair) => format!("{}.left", pair.name),
                None => format!("length({})", self.list(d)),
            },
            _ => format!("({}[{}])", self.list(d), self.pick(&["0", "0", "0", "0", "0", "1"])),
        }
    }

    fn call(&mut self, function: &str, depth: u32) -> String {
        if !self.may_call() {
            return match function {
                "fb" => self.truth(0),
                "ft" => self.text(0),
                _ => self.int(0),
            };
        }
        self.project.count("call");
        let (a, b, t) = (self.int(depth), self.int(0), self.text(0));
        format!("{function}({a}, {b}, {t}, {}, {})", self.truth(0), self.list(0))
    }

    fn maybe(&mut self, depth: u32) -> String {
        match self.below(6) {
            0 => "none".to_owned(),
            1 | 2 => match self.fields() {
                Some(record) => format!("{record}.m"),
                None => "none".to_owned(),
            },
            3 => match (self.known("int?"), self.known("Pair")) {
                (Some(name), _) => name.name,
                (None, Some(pair)) => format!("{}.right", pair.name),
                (None, None) => "none".to_owned(),
            },
            4 if depth > 0 && self.knows_old() == Old::Sometimes => {
                self.project.count("old?");
                format!("old?.{}", self.pick(&["n", "m"]))
            }
            _ => self.int(depth.saturating_sub(1)),
        }
    }

    pub(super) fn truth(&mut self, depth: u32) -> String {
        if depth == 0 {
            if self.chance(50)
                && let Some(record) = self.fields()
            {
                return format!("{record}.{}", self.pick(&["flag", "n > 1", "m is none", "state == open"]));
            }
            return match self.known("bool") {
                Some(name) => name.name,
                None => format!("{} < {}", self.int(0), self.int(0)),
            };
        }
        let d = depth - 1;
        match self.below(17) {
            13 => match self.fields() {
                Some(record) => format!("({record}.{})", self.test_of_field()),
                None => self.truth(0),
            },
            14 => {
                let (op, left, right) = (self.pick(&["==", "<", ">="]), self.float(d), self.float(d));
                format!("({left} {op} {right})")
            }
            15 => "(config.tone == wild)".to_owned(),
            0..=2 => {
                let (op, left, right) = (self.pick(&["==", "!=", "<", "<=", ">", ">="]), self.int(d), self.int(d));
                format!("({left} {op} {right})")
            }
            3 => {
                let (op, left) = (self.pick(&["==", "!=", "<", ">="]), self.some_maybe(d));
                format!("({left} {op} {})", self.int(d))
            }
            4 => format!("({} and {})", self.truth(d), self.truth(d)),
            5 => format!("({} or {})", self.truth(d), self.truth(d)),
            6 => format!("(not {})", self.truth(d)),
            7 => format!("({} {} {})", self.text(d), self.pick(&["==", "<", "contains", "starts with"]), self.text(d)),
            8 => format!("({} in {})", self.int(d), self.list(d)),
            9 => match self.fields() {
                Some(record) => {
                    let test = self.pick(&[
                        "state != closed",
                        "status == open.aged",
                        "mood == wild",
                        "mood != calm",
                        "amount > 5 USD",
                        "rate < 1",
                        "up is none",
                        "m is not none",
                        "amount is none",
                    ]);
                    format!("({record}.{test})")
                }
                None => self.truth(0),
            },
            10 => {
                self.project.count("exists");
                let (entity, name) = (self.below(3), self.project.name("q"));
                let condition = self.query_condition(&name, entity);
                format!("(exists {name} in {} where {condition})", ENTITIES[entity])
            }
            11 => match self.record() {
                Some(record) => {
                    self.project.count("is deleted");
                    format!("({} is deleted)", record.name)
                }
                None => self.truth(0),
            },
            12 => self.call("fb", d),
            _ => match self.knows_old() {
                Old::Never => self.truth(0),
                _ => {
                    self.project.count("changed");
                    format!("changed({})", self.pick(&["n", "flag", "m", "mood"]))
                }
            },
        }
    }

    /// An optional number that is not plainly there or not there.
    fn some_maybe(&mut self, depth: u32) -> String {
        let value = self.maybe(depth);
        if value == "none" { self.int(depth) } else { value }
    }

    pub(super) fn text(&mut self, depth: u32) -> String {
        if depth == 0 {
            let choice = self.below(3);
            if choice == 0
                && let Some(record) = self.fields()
            {
                return format!("{record}.{}", self.pick(&["name", "notes", "mood.label", "name"]));
            }
            if choice == 1
                && let Some(name) = self.known("text")
            {
                return name.name;
            }
            return self.pick(&["\"a\"", "\"b\"", "\"Äß\"", "\"\"", "\"a longer text\""]).to_owned();
        }
        let d = depth - 1;
        match self.below(10) {
            8 | 9 => self.text_of_value(d),
            0 => format!("({} ++ {})", self.text(d), self.text(d)),
            1 => format!("(if {} then {} else {})", self.truth(d), self.text(d), self.text(d)),
            2 | 3 => format!("\"<{{{}}} {{{}}}>\"", self.int(d), self.maybe_shown(d)),
            4 => match self.record() {
                Some(record) => format!("\"{{{}}}!\"", record.name),
                None => self.text(0),
            },
            5 => self.call("ft", d),
            6 => format!("\"{{{}}} {{{}}}\"", self.decimal(), self.decimal()),
            _ => self.text(0),
        }
    }

    fn maybe_shown(&mut self, depth: u32) -> String {
        let value = self.some_maybe(depth);
        if self.chance(30) { self.truth(0) } else { value }
    }

    fn list(&mut self, depth: u32) -> String {
        if self.chance(40)
            && let Some(name) = self.known("list of int")
        {
            return name.name;
        }
        if depth > 0 && self.chance(40) {
            self.project.count("find list");
            let name = self.project.name("q");
            let way = self.below(100);
            if way < 10 {
                return self.groups(&name);
            }
            if way < 20
                && let Some(numbers) = self.numbers_of_members()
            {
                return numbers;
            }
            if way < 50 {
                let (entity, d) = (self.below(3), self.pick(&["", " descending"]));
                let condition = self.query_condition(&name, entity);
                let source = ENTITIES[entity];
                let order = format!("order by {name}.n{d}");
                return format!("(find {name} in {source} where {condition} {order} limit 3 select {name}.n)");
            }
            let (list, bound) = (self.list(depth - 1), self.int(0));
            return format!("(find {name} in {list} where {name} >= {bound})");
        }
        let items: Vec<String> = (0..self.project.random.between(1, 3)).map(|_| self.int(0)).collect();
        format!("[{}]", items.join(", "))
    }

    /// What a query selects of each group.
    fn groups(&mut self, name: &str) -> String {
        self.project.count("groups");
        let entity = self.below(3);
        let (condition, source) = (self.query_condition(name, entity), ENTITIES[entity]);
        let key = self.pick(&["NAME.mood", "NAME.m", "NAME.n mod 3", "(a: NAME.flag, b: NAME.mood)", "NAME.up"]);
        let key = key.replace("NAME", name);
        let order = self.pick(&["", "", "order by count() descending ", "order by max(NAME.n) limit 2 "]);
        let order = order.replace("NAME", name);
        let select = self.pick(&["count()", "sum(NAME.n)", "min(NAME.n) ?? 0", "max(NAME.m) ?? -1", "count() * 10"]);
        let select = select.replace("NAME", name);
        let group = self.project.name("k");
        format!("(find {name} in {source} where {condition} group by {key} as {group} {order}select {select})")
    }

    fn pair(&mut self, depth: u32) -> String {
        match self.known("Pair") {
            Some(pair) if self.chance(40) => pair.name,
            _ => format!("Pair {{ left: {}, right: {} }}", self.int(depth), self.maybe(depth)),
        }
    }

    pub(super) fn money(&mut self) -> String {
        match self.below(4) {
            0 => match self.fields() {
                Some(record) => format!("{record}.amount"),
                None => "1 USD".to_owned(),
            },
            1 => match self.fields() {
                Some(record) => format!("(({record}.amount ?? 2 USD) + 1.25 USD)"),
                None => "0 USD".to_owned(),
            },
            _ => self.pick(&["0 USD", "9.99 USD", "-3 USD", "100 USD * 1.5"]).to_owned(),
        }
    }

    pub(super) fn decimal(&mut self) -> String {
        match self.below(5) {
            4 => match (self.below(3), self.fields()) {
                (0, _) => format!("decimal({})", self.float(0)),
                (1, Some(record)) => format!("({record}.part ?? 0.125)"),
                _ => "(2 / 3)".to_owned(),
            },
            0 => match self.fields() {
                Some(record) => format!("{record}.rate"),
                None => "0.25".to_owned(),
            },
            1 => format!("({} / {})", self.int(0), self.pick(&["2", "4", "3"])),
            _ => self.pick(&["0.25", "20%", "1.5", "-2"]).to_owned(),
        }
    }

    pub(super) fn duration(&mut self) -> String {
        self.pick(&["10 minutes", "1 hour", "2 hours", "1 day", "3 days", "1 week"]).to_owned()
    }

    pub(super) fn moment(&mut self) -> String {
        match self.record() {
            Some(record) if self.chance(70) => match self.below(3) {
                0 => format!("{}.due", record.name),
                1 => format!("{}.due + 1 day", record.name),
                _ => format!("{}.created_on + 2 days", record.name),
            },
            _ => self.pick(&["@2026-01-05T20:00Z", "@2026-01-07T09:00Z", "@2026-01-10T10:30Z"]).to_owned(),
        }
    }

    /// The condition of a query over an entity.
    pub(super) fn query_condition(&mut self, name: &str, entity: usize) -> String {
        let mut parts = Vec::new();
        let above =
            self.names(|known| known.ty == "record" && !known.fields_only && known.entity == entity.saturating_sub(1));
        if let Some(record) = self.one_of(&above).filter(|_| self.project.random.chance(60)) {
            self.project.count("tied query");
            let second = self.one_of(&above).filter(|_| self.project.random.chance(25));
            parts.push(match second {
                Some(second) => {
                    let condition = self.truth(0);
                    format!("{name}.up == (if {condition} then {} else {})", record.name, second.name)
                }
                None => format!("{name}.up == {}", record.name),
            });
        }
        if parts.is_empty() || self.chance(40) {
            let number = self.pick(&["0", "1", "2", "7"]);
            let test = self.pick(&[
                "n > NUMBER",
                "n <= NUMBER",
                "flag",
                "state == open",
                "mood == tense",
                "m is none",
                "n + 1 > NUMBER",
                "name != \"b\"",
                "up is not none",
                "up.n > NUMBER",
                "m >= NUMBER",
            ]);
            let test = if entity == 0 || test != "up.n > NUMBER" { test } else { "up is none" };
            let test = if test == "up.n > NUMBER" { "n > NUMBER" } else { test };
            parts.push(format!("{name}.{}", test.replace("NUMBER", number)));
        }
        if self.chance(20) {
            self.project.count("function of element");
            let of = super::project::ENTITIES[entity].to_lowercase();
            let value = if self.chance(50) { format!("of_{of}({name})") } else { format!("{name}.twice") };
            parts.push(format!("{value} {} 3", self.pick(&[">", "<", "!="])));
        }
        parts.join(" and ")
    }

    /// A condition that a change can make true.
    pub(super) fn wakeable(&mut self) -> String {
        let Some(record) = self.record() else { return "true".to_owned() };
        let name = record.name;
        let first = match self.below(11) {
            9 => match self.members() {
                Some(members) => {
                    self.project.count("until relation");
                    format!("{members} > 1")
                }
                None => format!("{name}.flag"),
            },
            10 => format!("{name}.{}", self.pick(&["net is not none", "ratio > 2f", "currency == \"CHF\""])),
            0 => format!("{name}.flag"),
            1 => format!("{name}.n > {}", self.int(0)),
            2 => format!("{name}.state != open"),
            3 => format!("{name}.mood == wild"),
            4 => {
                self.project.count("until deleted");
                return format!("{name} is deleted");
            }
            5 if record.entity < 2 => {
                self.project.count("until exists");
                let query = self.project.name("q");
                let test = self.pick(&["n > 1", "flag", "state == closed", "m is not none"]);
                let source = ENTITIES[record.entity + 1];
                return format!("exists {query} in {source} where {query}.up == {name} and {query}.{test}");
            }
            6 if record.entity < 2 => {
                self.project.count("until reverse");
                let query = self.project.name("q");
                format!("(count {query} in {name}.lower where {query}.n > 0) > 1")
            }
            7 => format!("{name}.up is not none"),
            _ => format!("{name}.m > 3"),
        };
        if self.chance(20) {
            let second = self.pick(&["n == 7", "flag", "status == open.aged"]);
            return format!("({first} or {name}.{second})");
        }
        first
    }
}
