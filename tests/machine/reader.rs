//! A reader of builds and snapshots that knows `src/bytecode/FORMAT.md` and no code of the program: it takes the
//! definitions of tables, types and instructions from the page, and shows what it reads in the words of the page.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("../../src/bytecode/FORMAT.md");

/// What stands in a block of the page.
fn block(name: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```text {name}\n")).expect(name);
    rest.split_once("```").unwrap().0
}

/// A type of the page.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Number,
    Signed,
    Byte,
    Bool,
    Text,
    Currency,
    List(Box<Type>),
    Optional(Box<Type>),
    Pair(Box<Type>, Box<Type>),
    Named(String),
}

/// The fields of a struct or variant; without a name each if they stand in round brackets.
pub(super) type Fields = Vec<(Option<String>, Type)>;

/// A definition of the page.
#[derive(Clone, Debug)]
pub(super) enum Definition {
    Struct(Fields),
    Enum(Vec<(String, Fields)>),
}

/// An instruction of the page: its name, its operands with their widths in bits.
pub(super) type Operation = (String, Vec<(String, u32)>);

/// All definitions of the page.
pub(super) struct Page {
    pub(super) format: u64,
    pub(super) sections: Vec<(String, Type)>,
    pub(super) types: BTreeMap<String, Definition>,
    pub(super) instructions: BTreeMap<u64, Operation>,
}

impl Page {
    pub(super) fn read() -> Self {
        let pair = |line: &'static str| line.split_once(": ").map(|(name, ty)| (name.to_owned(), ty_of(ty)));
        let mut types = BTreeMap::new();
        // A definition goes on where a line is indented.
        for line in block("types").replace("\n    ", " ").lines().filter(|line| !line.is_empty()) {
            let end = line.find([' ', '(']).unwrap();
            let (name, rest) = line.split_at(end);
            let definition = match rest.strip_prefix(" = ") {
                Some(variants) => Definition::Enum(variants.split(" | ").enumerate().map(variant).collect()),
                None => Definition::Struct(fields(rest)),
            };
            types.insert(name.to_owned(), definition);
        }
        let instructions = block("instructions").lines().map(|line| {
            let (number, rest) = line.split_once(' ').unwrap();
            let (name, operands) = rest.split_once(' ').unwrap_or((rest, ""));
            let operand = |text: &str| {
                let (name, ty) = text.split_once(": ").unwrap();
                (name.to_owned(), if ["i32", "u32", "currency"].contains(&ty) { 32 } else { 16 })
            };
            let operands = operands.split(", ").filter(|o| !o.is_empty()).map(operand).collect();
            (u64::from_str_radix(number, 16).unwrap(), (name.to_owned(), operands))
        });
        let format = PAGE.split_once("| 2 | format: ").and_then(|(_, rest)| rest.split_once(' ')).unwrap().0;
        let format = format.parse().unwrap();
        let sections = block("sections").lines().map(|line| pair(line).unwrap()).collect();
        Self { format, sections, types, instructions: instructions.collect() }
    }
}

fn ty_of(text: &str) -> Type {
    if let Some(inner) = text.strip_suffix('?') {
        return Type::Optional(Box::new(ty_of(inner)));
    }
    if let Some(inner) = text.strip_prefix('[') {
        return Type::List(Box::new(ty_of(inner.strip_suffix(']').unwrap())));
    }
    if let Some(inner) = text.strip_prefix('(') {
        let (left, right) = inner.strip_suffix(')').unwrap().split_once(", ").unwrap();
        return Type::Pair(Box::new(ty_of(left)), Box::new(ty_of(right)));
    }
    match text {
        "u16" | "u32" | "u64" => Type::Number,
        "i32" | "i64" => Type::Signed,
        "byte" => Type::Byte,
        "bool" => Type::Bool,
        "text" => Type::Text,
        "currency" => Type::Currency,
        name => Type::Named(name.to_owned()),
    }
}

/// ` { a: T, b: T }`, `(T)`, or nothing.
fn fields(text: &str) -> Fields {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('(') {
        return vec![(None, ty_of(inner.strip_suffix(')').unwrap()))];
    }
    let Some(inner) = text.strip_prefix('{') else { return Vec::new() };
    let mut fields: Fields = Vec::new();
    let mut open = String::new();
    // A comma within brackets parts a pair, no fields.
    for part in inner.strip_suffix('}').unwrap().split(", ") {
        open = if open.is_empty() { part.trim().to_owned() } else { format!("{open}, {}", part.trim()) };
        if open.matches('(').count() == open.matches(')').count() {
            let (name, ty) = open.split_once(": ").unwrap();
            fields.push((Some(name.to_owned()), ty_of(ty)));
            open.clear();
        }
    }
    fields
}

fn variant((index, text): (usize, &str)) -> (String, Fields) {
    let (number, rest) = text.trim().split_once(' ').unwrap();
    assert_eq!(number, index.to_string(), "variants stand in order of their numbers: {text}");
    let end = rest.find([' ', '(']).unwrap_or(rest.len());
    (rest[..end].to_owned(), fields(&rest[end..]))
}

/// Something that was read.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Number(u64),
    Signed(i64),
    Text(String),
    /// A word that stands as it is: a truth, a currency, a constant.
    Word(String),
    List(Vec<Tree>),
    Optional(Option<Box<Tree>>),
    Pair(Box<(Tree, Tree)>),
    /// A struct or variant.
    Named(String, Vec<(Option<String>, Tree)>),
}

impl Tree {
    pub(super) fn field(&self, name: &str) -> &Tree {
        let Tree::Named(_, fields) = self else { panic!("no fields: {self}") };
        &fields.iter().find(|(field, _)| field.as_deref() == Some(name)).expect(name).1
    }

    pub(super) fn list(&self) -> &[Tree] {
        let Tree::List(items) = self else { panic!("no list: {self}") };
        items
    }

    /// A number, also one with a name around it.
    pub(super) fn index(&self) -> usize {
        match self {
            Tree::Number(number) => usize::try_from(*number).unwrap(),
            Tree::Named(_, fields) => fields[0].1.index(),
            _ => panic!("no number: {self}"),
        }
    }
}

fn commas(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// As `{:?}` shows values in Rust, so that the two can be compared.
impl std::fmt::Display for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Tree::Number(number) => write!(f, "{number}"),
            Tree::Signed(number) => write!(f, "{number}"),
            Tree::Text(text) => write!(f, "{text:?}"),
            Tree::Word(word) => f.write_str(word),
            Tree::List(items) => write!(f, "[{}]", commas(items.iter().map(ToString::to_string))),
            Tree::Optional(None) => f.write_str("None"),
            Tree::Optional(Some(value)) => write!(f, "Some({value})"),
            Tree::Pair(pair) => write!(f, "({}, {})", pair.0, pair.1),
            Tree::Named(name, fields) => match fields.first() {
                None => f.write_str(name),
                Some((None, _)) => write!(f, "{name}({})", commas(fields.iter().map(|(_, tree)| tree.to_string()))),
                Some(_) => {
                    let field = |(field, tree): &(Option<String>, Tree)| format!("{}: {tree}", field.as_ref().unwrap());
                    write!(f, "{name} {{ {} }}", commas(fields.iter().map(field)))
                }
            },
        }
    }
}

/// Bytes that are taken from the front.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    pub(super) fn little(&mut self, count: usize) -> u64 {
        self.take(count).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// A number of builds: one byte up to 250, then a byte that says how many follow.
    fn number(&mut self) -> u64 {
        match self.little(1) {
            251 => self.little(2),
            252 => self.little(4),
            253 => self.little(8),
            small => small,
        }
    }

    fn utf8(&mut self, length: u64) -> String {
        String::from_utf8(self.take(usize::try_from(length).unwrap()).to_vec()).unwrap()
    }

    pub(super) fn tree(&mut self, page: &Page, ty: &Type) -> Tree {
        match ty {
            Type::Number => Tree::Number(self.number()),
            Type::Signed => Tree::Signed(unfold(self.number())),
            Type::Byte => Tree::Number(self.little(1)),
            Type::Bool => Tree::Word((self.little(1) == 1).to_string()),
            Type::Text => {
                let length = self.number();
                Tree::Text(self.utf8(length))
            }
            Type::Currency => Tree::Word(self.utf8(3)),
            Type::List(item) => Tree::List((0..self.number()).map(|_| self.tree(page, item)).collect()),
            Type::Optional(inner) => Tree::Optional((self.little(1) == 1).then(|| Box::new(self.tree(page, inner)))),
            Type::Pair(left, right) => Tree::Pair(Box::new((self.tree(page, left), self.tree(page, right)))),
            Type::Named(name) if name == "Value" => {
                constant(self.tree(page, &Type::List(Box::new(Type::Named("Node".into())))))
            }
            Type::Named(name) => match page.types.get(name).expect(name) {
                Definition::Struct(fields) => Tree::Named(name.clone(), self.fields(page, fields)),
                Definition::Enum(variants) => {
                    let (variant, fields) = &variants[usize::try_from(self.little(1)).unwrap()];
                    Tree::Named(variant.clone(), self.fields(page, fields))
                }
            },
        }
    }

    fn fields(&mut self, page: &Page, fields: &Fields) -> Vec<(Option<String>, Tree)> {
        fields.iter().map(|(name, ty)| (name.clone(), self.tree(page, ty))).collect()
    }

    /// A number of snapshots: seven bits a byte, the lowest first.
    fn seven(&mut self) -> u64 {
        let byte = self.little(1);
        if byte < 0x80 { byte } else { byte & 0x7F | self.seven() << 7 }
    }

    fn seven_text(&mut self) -> String {
        let length = self.seven();
        self.utf8(length)
    }
}

/// A number with sign from one without.
fn unfold(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

/// One value of its nodes.
fn constant(nodes: Tree) -> Tree {
    let mut stack: Vec<Tree> = Vec::new();
    for node in nodes.list() {
        let Tree::Named(name, fields) = node else { panic!("no node: {node}") };
        let value = match name.as_str() {
            "List" | "Record" => {
                let parts = stack.split_off(stack.len() - fields[0].1.index());
                Tree::Named(name.clone(), vec![(None, Tree::List(parts))])
            }
            "Decimal" => Tree::Word(format!("Decimal({})", decimal(&fields[0].1))),
            "Float" => Tree::Word(format!("Float({:?})", f64::from_bits(fields[0].1.index() as u64))),
            _ => node.clone(),
        };
        stack.push(value);
    }
    let [value] = stack.try_into().expect("one value");
    value
}

/// A decimal in digits.
fn decimal(parts: &Tree) -> String {
    let part = |name| parts.field(name).index();
    let negative = parts.field("negative").to_string() == "true";
    digits((part("high") as u128) << 64 | part("low") as u128, part("scale"), negative)
}

fn digits(mantissa: u128, scale: usize, negative: bool) -> String {
    let mut digits = format!("{mantissa:0>width$}", width = scale + 1);
    if scale > 0 {
        digits.insert(digits.len() - scale, '.');
    }
    format!("{}{digits}", if negative { "-" } else { "" })
}

/// CRC-32, bit by bit.
pub(super) fn crc(bytes: &[u8]) -> u64 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    u64::from(!sum)
}

/// The sections of a build by name.
pub(super) fn build(page: &Page, bytes: &[u8]) -> Vec<(String, Tree)> {
    let (content, hash) = bytes.split_at(bytes.len() - 32);
    assert_eq!(Sha256::digest(content).as_slice(), hash, "the hash");
    let mut rest = Bytes(content);
    assert_eq!(rest.take(8), b"ABIDE\x1A\r\n");
    assert_eq!((rest.little(2), rest.little(2)), (page.format, page.sections.len() as u64));
    let read = (1..).zip(&page.sections).map(|(number, (name, ty))| {
        assert_eq!(rest.little(2), number);
        let length = usize::try_from(rest.little(4)).unwrap();
        let sum = rest.little(4);
        let section = rest.take(length);
        assert_eq!(crc(section), sum, "the checksum of {name}");
        let mut content = Bytes(section);
        let tree = content.tree(page, ty);
        assert!(content.0.is_empty(), "bytes are left over in {name}");
        (name.clone(), tree)
    });
    let sections = read.collect();
    assert!(rest.0.is_empty());
    sections
}

/// A build, line by line: each entry of a list on one, instructions after their function.
pub(super) fn build_lines(page: &Page, bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, tree) in build(page, bytes) {
        let Tree::List(entries) = tree else {
            lines.push(format!("{name}: {tree}"));
            continue;
        };
        for (index, mut entry) in entries.into_iter().enumerate() {
            let mut code = Vec::new();
            if let (Tree::Named(_, fields), "functions") = (&mut entry, name.as_str()) {
                let words = fields.iter_mut().find(|(field, _)| field.as_deref() == Some("code")).unwrap();
                let words = std::mem::replace(&mut words.1, Tree::List(Vec::new()));
                code = words.list().iter().map(|word| instruction(page, word.index() as u64)).collect();
            }
            lines.push(format!("{name} {index}: {entry}"));
            lines.extend(code.iter().enumerate().map(|(pc, line)| format!("{pc:>6} {line}")));
        }
    }
    lines
}

/// An instruction with the bits of its operands.
fn instruction(page: &Page, word: u64) -> String {
    let (name, operands) = page.instructions.get(&(word & 0xFF)).expect("an operation");
    assert_eq!(word >> 8 & 0xFF, 0);
    let mut rest = word >> 16;
    let mut line = name.clone();
    for (operand, bits) in operands {
        line += &format!(" {operand}={}", rest & ((1 << bits) - 1));
        rest >>= bits;
    }
    assert_eq!(rest, 0, "{line}");
    line
}

/// What the reader of a snapshot knows of its build.
struct Frozen<'a> {
    page: &'a Page,
    build: BTreeMap<String, Tree>,
    rest: Bytes<'a>,
}

/// A snapshot, line by line.
pub(super) fn snapshot_lines(page: &Page, build_bytes: &[u8], bytes: &[u8]) -> Vec<String> {
    let (content, sum) = bytes.split_at(bytes.len() - 4);
    assert_eq!(Bytes(sum).little(4), crc(content), "the checksum");
    let mut rest = Bytes(content);
    assert_eq!((rest.take(4), rest.little(2)), (&b"ABSN"[..], 3));
    assert_eq!(rest.take(32), &build_bytes[build_bytes.len() - 32..], "the build");
    let mut frozen = Frozen { page, build: build(page, build_bytes).into_iter().collect(), rest };
    let lines = frozen.lines();
    assert!(frozen.rest.0.is_empty());
    lines
}

impl Frozen<'_> {
    fn entry(&self, table: &str, index: usize) -> Tree {
        self.build[table].list()[index].clone()
    }

    fn lines(&mut self) -> Vec<String> {
        let index = self.rest.seven() as usize;
        let point = self.entry("points", index);
        let mut lines = vec![format!("rests at {}", point.field("name"))];
        for number in 1..=self.rest.seven() {
            lines.push(format!("text {number}: {:?}", self.rest.seven_text()));
        }
        for number in 1..=self.rest.seven() {
            let value = self.value();
            lines.push(format!("value {number}: {value}"));
        }
        for number in 1..=self.rest.seven() {
            let fault = self.fault();
            lines.push(format!("fault {number}: {fault}"));
        }
        let live = point.field("live").list();
        assert_eq!(self.rest.seven() as usize, live.len());
        let function = self.entry("functions", point.field("function").index());
        for slot in live {
            let kind = function.field("slots").list()[slot.index()].clone();
            let value = self.slot(&kind);
            lines.push(format!("slot {} {kind}: {value}", slot.index()));
        }
        lines
    }

    fn value(&mut self) -> String {
        let tag = self.rest.seven() as usize;
        if tag & 1 == 1 {
            let record = self.entry("records", tag >> 1);
            return format!("{} {}", record.field("name"), self.record(&record));
        }
        let list = self.entry("types", tag >> 1);
        let kinds = self.kinds(list_element(&list));
        let items = (0..self.rest.seven()).map(|_| commas(kinds.iter().map(|kind| self.slot(kind))));
        format!("[{}]", items.collect::<Vec<_>>().join("; "))
    }

    fn record(&mut self, record: &Tree) -> String {
        let fields = record.field("fields").list().iter();
        let kinds: Vec<Tree> = fields.flat_map(|field| self.kinds(field.field("ty").index())).collect();
        format!("({})", commas(kinds.iter().map(|kind| self.slot(kind))))
    }

    /// The kinds of the slots of a type.
    fn kinds(&self, ty: usize) -> Vec<Tree> {
        let def = self.entry("types", ty);
        let Tree::Named(name, fields) = &def else { panic!("no type: {def}") };
        let words = |words: &[&str]| words.iter().map(|word| Tree::Named((*word).to_owned(), Vec::new())).collect();
        match name.as_str() {
            "AnyRef" => words(&["RefEntity", "RefId"]),
            "Decimal" => words(&["DecimalLow", "DecimalHigh"]),
            "Duration" => words(&["DurationDays", "DurationMicros"]),
            "Money" => words(&["MoneyAmount", "MoneyCurrency"]),
            "MoneyIn" => words(&["MoneyAmount"]),
            "List" | "Set" => vec![Tree::Named("List".into(), vec![(None, Tree::Number(ty as u64))])],
            "Optional" => {
                let inner = fields[0].1.index();
                let mut kinds = self.kinds(inner);
                let absent_is_zero = matches!(&self.entry("types", inner), Tree::Named(n, _) if ["AnyRef", "Ref", "Instance"].contains(&n.as_str()));
                if !absent_is_zero {
                    kinds.insert(0, Tree::Named("Bool".into(), Vec::new()));
                }
                kinds
            }
            _ => vec![def],
        }
    }

    fn slot(&mut self, kind: &Tree) -> String {
        let Tree::Named(name, _) = kind else { panic!("no kind: {kind}") };
        match name.as_str() {
            "Bool" | "DecimalLow" | "MoneyCurrency" | "RefEntity" => self.rest.seven().to_string(),
            "DecimalHigh" => {
                let bits = self.rest.seven();
                format!("{}{} places, {}", if bits & 1 == 1 { "-" } else { "" }, bits >> 1 & 31, bits >> 6)
            }
            "DurationDays" => format!("{} months {} days", unfold(self.rest.seven()), unfold(self.rest.seven())),
            "Float" => format!("{:?}", f64::from_bits(self.rest.little(8))),
            "Text" => format!("text {}", self.rest.seven()),
            "Fault" => format!("fault {}", self.rest.seven()),
            "List" | "Record" => format!("value {}", self.rest.seven()),
            _ => unfold(self.rest.seven()).to_string(),
        }
    }

    fn fault(&mut self) -> String {
        if self.rest.little(1) == 1 {
            return format!("stop, canceled {}: {:?}", self.rest.little(1), self.rest.seven_text());
        }
        let mut shown = format!("{} {:?}", self.rest.seven_text(), self.rest.seven_text());
        if self.rest.little(1) == 1 {
            let (file, line) = (self.rest.seven_text(), self.rest.seven());
            shown += &format!(" at {file}:{line} in {}/{}", self.rest.seven_text(), self.rest.seven_text());
            shown += &format!(" from {:?}", self.rest.seven_text());
        }
        if self.rest.little(1) == 1 {
            let index = self.rest.seven() as usize;
            let record = self.entry("records", index);
            let length = self.rest.seven() as usize;
            let mut bytes = Bytes(self.rest.take(length));
            let value = bytes.tree(self.page, &Type::Named("Value".into()));
            shown += &format!(" with {} {value}", record.field("name"));
        }
        shown
    }
}

fn list_element(list: &Tree) -> usize {
    match list {
        Tree::Named(name, fields) if name == "List" || name == "Set" => fields[0].1.index(),
        _ => panic!("no list: {list}"),
    }
}
