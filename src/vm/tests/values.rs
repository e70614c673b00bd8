//! Texts, lists, records, money, references, and the heap below them.

use super::*;
use crate::base::value::{Duration, Money, RecordRef};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn ints(numbers: &[i64]) -> Value {
    Value::List(numbers.iter().copied().map(Value::Int).collect())
}

fn decimal(number: &str) -> Value {
    Value::Decimal(number.parse().unwrap())
}

fn money(amount: i64, currency: &[u8; 3]) -> Value {
    Value::Money(Money { amount, currency: Currency(*currency) })
}

/// An instruction over the parameters with its result in new slots.
fn apply(
    params: &[TypeIdx],
    args: &[Value],
    result: TypeIdx,
    instruction: impl FnOnce(SlotIdx) -> Instruction,
) -> Outcome {
    compute(params, args, result, |module, builder| {
        let into = builder.add_value(&module.types, result);
        builder.emit(instruction(into));
        into
    })
}

#[test]
fn every_value_comes_back_as_it_went_in() {
    let line = Value::Record(vec![Value::Int(-3), decimal("1.50"), text("Bolt")]);
    let cases = [
        (BOOL, Value::Bool(true)),
        (INT, Value::Int(i64::MIN)),
        (DECIMAL, decimal("-7922816251426433759354395033.5")),
        (TEXT, text("größe")),
        (MONEY, money(-5, b"JPY")),
        (USD, money(80_000, b"USD")),
        (INTS, ints(&[1, -2])),
        (MAYBE_INT, Value::None),
        (MAYBE_INT, Value::Int(-1)),
        (LINE, line.clone()),
        (LINES, Value::List(vec![line.clone(), line])),
        (REF, Value::Ref(RecordRef { entity: EntityIdx(0), id: 42 })),
        (REF, Value::None),
        (ANY, Value::Ref(RecordRef { entity: EntityIdx(0), id: 42 })),
        (RATING, Value::Enum(-9)),
        (DATETIME, Value::DateTime(-1)),
        (DURATION, Value::Duration(Duration { months: -1, days: 2, micros: -3 })),
        (FLOAT, Value::Float(-0.5)),
    ];
    for (ty, value) in cases {
        assert_eq!(done(compute(&[ty], std::slice::from_ref(&value), ty, |_, _| slot(0))), value);
    }
    let module = module();
    let wrong =
        [(USD, money(1, b"EUR")), (FLOAT, Value::Float(f64::NAN)), (LINE, Value::Record(vec![])), (INT, Value::None)];
    for (ty, value) in wrong {
        let mut module = module.clone();
        let mut builder = function(&module, FunctionKind::Pure, &[ty], None);
        builder.emit(Instruction::ReturnNothing {});
        let body = add(&mut module, builder);
        assert!(Machine::new(&program(module), body, &[value], TimeZone::UTC).is_err());
    }
}

#[test]
fn numbers() {
    let ints = |left: i64, right: i64, instruction: fn(SlotIdx) -> Instruction| {
        apply(&[INT, INT], &[Value::Int(left), Value::Int(right)], INT, instruction)
    };
    let div = |into| Instruction::IntDiv { into, left: slot(0), right: slot(1) };
    let modulo = |into| Instruction::IntMod { into, left: slot(0), right: slot(1) };
    assert_eq!(
        [(-7, 2), (7, -2), (7, 2), (-8, 2)].map(|(a, b)| done(ints(a, b, div))),
        [-4, -4, 3, -4].map(Value::Int)
    );
    assert_eq!([(-7, 2), (7, -2), (7, 2)].map(|(a, b)| done(ints(a, b, modulo))), [1, -1, 1].map(Value::Int));
    assert_eq!(code(ints(i64::MAX, 1, |into| Instruction::IntAdd { into, left: slot(0), right: slot(1) })), "R0101");
    let decimals = |left: &str, right: &str, instruction: fn(SlotIdx) -> Instruction| {
        apply(&[DECIMAL, DECIMAL], &[decimal(left), decimal(right)], DECIMAL, instruction)
    };
    let add = |into| Instruction::DecimalAdd { into, left: slot(0), right: slot(2) };
    let sub = |into| Instruction::DecimalSub { into, left: slot(0), right: slot(2) };
    assert_eq!(done(decimals("1.5", "2.25", add)), decimal("3.75"));
    assert_eq!(done(decimals("1.50", "-2.25", add)), decimal("-0.75"));
    assert_eq!(done(decimals("1.50", "1.50", sub)), decimal("0.00"));
    assert_eq!(done(decimals("18446744073709551615", "1", add)), decimal("18446744073709551616"));
    assert_eq!(code(decimals("79228162514264337593543950335", "1", add)), "R0101");
    let floor = |into| Instruction::DecimalFloor { into, left: slot(0), right: slot(2) };
    assert_eq!(done(decimals("-7.5", "2", floor)), decimal("-4"));
    assert_eq!(
        code(decimals("1", "0", |into| Instruction::DecimalDiv { into, left: slot(0), right: slot(2) })),
        "R0102"
    );
}

#[test]
fn money_keeps_its_currency() {
    let add = |left, right| {
        apply(&[MONEY, MONEY], &[left, right], MONEY, |into| Instruction::MoneyAdd {
            into,
            left: slot(0),
            right: slot(2),
        })
    };
    assert_eq!(done(add(money(10, b"USD"), money(5, b"USD"))), money(15, b"USD"));
    assert_eq!(done(add(money(10, b"USD"), money(0, b"EUR"))), money(10, b"USD"));
    assert_eq!(done(add(money(0, b"USD"), money(7, b"EUR"))), money(7, b"EUR"));
    assert_eq!(code(add(money(1, b"USD"), money(7, b"EUR"))), "R0201");
    let round = |amount, currency| {
        apply(&[MONEY], &[money(amount, currency)], MONEY, |into| Instruction::MoneyRound { into, from: slot(0) })
    };
    assert_eq!(done(round(12_350, b"USD")), money(12_400, b"USD"));
    assert_eq!(done(round(15_000, b"JPY")), money(20_000, b"JPY"));
}

#[test]
fn texts_are_built() {
    let moment = Value::DateTime(1_767_600_000_000_000);
    let args = [Value::Int(-12), money(99_900, b"USD"), Value::Enum(7), moment, text("ß")];
    let outcome = compute(&[INT, MONEY, RATING, DATETIME, TEXT], &args, TEXT, |module, builder| {
        let space = constant(module, text(" "));
        let pattern = constant(module, text("dd.MM.yyyy"));
        let into = builder.add_slots(&[SlotKind::Text]);
        for instruction in [
            Instruction::TextBegin {},
            Instruction::PushInt { from: slot(0) },
            Instruction::PushConst { constant: space },
            Instruction::PushMoney { from: slot(1) },
            Instruction::PushConst { constant: space },
            Instruction::PushEnum { from: slot(3), members: EnumIdx(0) },
            Instruction::PushConst { constant: space },
            Instruction::PushDateTime { from: slot(4) },
            Instruction::PushConst { constant: space },
            Instruction::PushDateTimeAs { from: slot(4), pattern },
            Instruction::PushText { from: slot(5) },
            Instruction::TextEnd { into },
        ] {
            builder.emit(instruction);
        }
        into
    });
    assert_eq!(done(outcome), text("-12 9.99 USD Hot! 2026-01-05 09:00 05.01.2026ß"));
}

#[test]
fn lists_change_in_place_only_where_nobody_else_looks() {
    // let a = list; var b = a; push b 9; a ++ b
    let outcome = compute(&[INTS], &[ints(&[1])], INTS, |module, builder| {
        let b = builder.add_value(&module.types, INTS);
        let nine = int(builder);
        builder.emit(Instruction::Share { into: b, from: slot(0) });
        builder.emit(Instruction::LoadInt { into: nine, value: 9 });
        builder.emit(Instruction::ListPush { list: b, from: nine });
        builder.emit(Instruction::ListPush { list: b, from: nine });
        builder.emit(Instruction::ListConcat { into: b, left: slot(0), right: b });
        b
    });
    assert_eq!(done(outcome), ints(&[1, 1, 9, 9]));
    // The empty list is not shared by those who push to it.
    let outcome = compute(&[], &[], INTS, |module, builder| {
        let (a, b) = (builder.add_value(&module.types, INTS), builder.add_value(&module.types, INTS));
        let nine = int(builder);
        builder.emit(Instruction::ListPush { list: a, from: nine });
        builder.emit(Instruction::Take { into: a, from: b });
        builder.emit(Instruction::ListPush { list: b, from: nine });
        a
    });
    assert_eq!(done(outcome), ints(&[]));
}

#[test]
fn list_operations() {
    let list = ints(&[3, 1, 3, 2]);
    let changed = |instruction: fn(SlotIdx) -> Instruction| {
        let list = list.clone();
        apply(&[INTS], &[list], INTS, instruction)
    };
    assert_eq!(done(changed(|into| Instruction::ListDistinct { into, list: slot(0) })), ints(&[3, 1, 2]));
    let sorted = |descending| {
        done(compute(&[INTS], std::slice::from_ref(&list), INTS, |_, builder| {
            builder.emit(Instruction::ListSort { list: slot(0), descending });
            slot(0)
        }))
    };
    assert_eq!([sorted(false), sorted(true)], [ints(&[1, 2, 3, 3]), ints(&[3, 3, 2, 1])]);
    let set =
        apply(&[INTS], std::slice::from_ref(&list), INT_SET, |into| Instruction::SetOfList { into, from: slot(0) });
    assert_eq!(done(set), ints(&[1, 2, 3]));
    let args = [list.clone(), Value::Int(1), Value::Int(9)];
    let slice =
        apply(&[INTS, INT, INT], &args, INTS, |into| Instruction::ListSlice { into, list: slot(0), range: slot(1) });
    assert_eq!(done(slice), ints(&[1, 3, 2]));
    let get = |index: i64| {
        apply(&[INTS, INT], &[list.clone(), Value::Int(index)], INT, |into| Instruction::ListGet {
            into,
            list: slot(0),
            index: slot(1),
        })
    };
    assert_eq!(done(get(3)), Value::Int(2));
    assert_eq!([get(4), get(-1), get(i64::MAX)].map(code), ["R0104"; 3]);
    let range = |low: i64, high: i64| {
        apply(&[INT, INT], &[Value::Int(low), Value::Int(high)], INTS, |into| Instruction::ListRange {
            into,
            low: slot(0),
            high: slot(1),
        })
    };
    assert_eq!(done(range(-1, 1)), ints(&[-1, 0, 1]));
    assert_eq!(done(range(1, 0)), ints(&[]));
    assert_eq!(code(range(i64::MIN, i64::MAX)), "R0905");
    let texts = Value::List(vec![text("a"), text(""), text("c")]);
    let joined = apply(&[TEXTS, TEXT], &[texts, text(", ")], TEXT, |into| Instruction::ListJoin {
        into,
        list: slot(0),
        separator: slot(1),
    });
    assert_eq!(done(joined), text("a, , c"));
}

#[test]
fn sorting_by_keys_is_stable_and_absent_is_last() {
    let key = |number: Value, name: &str| Value::Record(vec![number, text(name)]);
    let keys = Value::List(vec![
        key(Value::None, "a"),
        key(Value::Int(1), "b"),
        key(Value::Int(2), "a"),
        key(Value::Int(1), "c"),
        key(Value::Int(1), "b"),
    ]);
    let sorted = |descending: u16| {
        let args = [ints(&[0, 1, 2, 3, 4]), keys.clone()];
        done(compute(&[INTS, KEYS], &args, INTS, |_, builder| {
            builder.emit(Instruction::ListSortBy { list: slot(0), keys: slot(1), descending });
            slot(0)
        }))
    };
    assert_eq!(sorted(0b00), ints(&[1, 4, 3, 2, 0]));
    assert_eq!(sorted(0b01), ints(&[2, 1, 4, 3, 0]));
    assert_eq!(sorted(0b10), ints(&[3, 1, 4, 2, 0]));
}

#[test]
fn records_are_copied_on_write() {
    let line = Value::Record(vec![Value::Int(1), decimal("2.5"), text("Bolt")]);
    let outcome = compute(&[LINE], std::slice::from_ref(&line), LINES, |module, builder| {
        let copy = builder.add_value(&module.types, LINE);
        let lines = builder.add_value(&module.types, LINES);
        let seven = int(builder);
        builder.emit(Instruction::LoadInt { into: seven, value: 7 });
        builder.emit(Instruction::Share { into: copy, from: slot(0) });
        builder.emit(Instruction::RecordSet { record: copy, offset: 0, from: seven });
        builder.emit(Instruction::ListPush { list: lines, from: copy });
        // The list holds the value as it was.
        builder.emit(Instruction::LoadInt { into: seven, value: 8 });
        builder.emit(Instruction::RecordSet { record: copy, offset: 0, from: seven });
        builder.emit(Instruction::ListPush { list: lines, from: slot(0) });
        builder.emit(Instruction::ListPush { list: lines, from: copy });
        lines
    });
    let with = |quantity| Value::Record(vec![Value::Int(quantity), decimal("2.5"), text("Bolt")]);
    assert_eq!(done(outcome), Value::List(vec![with(7), line, with(8)]));
}

#[test]
fn the_record_of_zeros_is_a_value() {
    let outcome = compute(&[], &[], LINE, |module, builder| {
        let line = builder.add_value(&module.types, LINE);
        let seven = int(builder);
        builder.emit(Instruction::LoadInt { into: seven, value: 7 });
        builder.emit(Instruction::RecordSet { record: line, offset: 0, from: seven });
        builder.emit(Instruction::RecordGet { into: seven, record: line, offset: 0 });
        line
    });
    assert_eq!(done(outcome), Value::Record(vec![Value::Int(7), decimal("0"), text("")]));
}

#[test]
fn references_to_any_know_their_entity() {
    let deal = Value::Ref(RecordRef { entity: EntityIdx(0), id: 42 });
    let any = |value: &Value| {
        done(apply(&[REF], std::slice::from_ref(value), ANY, |into| Instruction::RefToAny { into, from: slot(0) }))
    };
    assert_eq!([any(&deal), any(&Value::None)], [deal.clone(), Value::None]);
    let back = |value: Value| apply(&[ANY], &[value], REF, |into| Instruction::AnyToRef { into, from: slot(0) });
    assert_eq!(done(back(deal.clone())), deal);
    assert_eq!(done(back(Value::None)), Value::None);
    assert_eq!(code(back(Value::Ref(RecordRef { entity: EntityIdx(3), id: 1 }))), "R0108");
}

#[test]
fn the_dead_are_left_behind_and_the_living_stay() {
    // A list of lines that is kept, while texts of a kilobyte come and go: 100 megabytes in all.
    let line = Value::Record(vec![Value::Int(1), decimal("2.5"), text("Bolt")]);
    let kept = Value::List(vec![line; 3]);
    let waste = text(&"x".repeat(1000));
    let outcome = compute(&[LINES, TEXT], &[kept.clone(), waste], LINES, |module, builder| {
        let text = builder.add_value(&module.types, TEXT);
        let (i, end) = (int(builder), int(builder));
        builder.emit(Instruction::LoadInt { into: end, value: 50_000 });
        let top = builder.bound_label();
        builder.emit(Instruction::TextConcat { into: text, left: slot(1), right: slot(1) });
        builder.emit(Instruction::IntAddConst { into: i, left: i, value: 1 });
        builder.emit(Instruction::JumpLess { left: i, right: end, to: top.target() });
        slot(0)
    });
    // Without a collection this would be `R0903`.
    assert_eq!(done(outcome), kept);
}
