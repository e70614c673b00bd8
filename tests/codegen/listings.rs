//! Listings of what constructs compile to.

use abide::bytecode::disasm;

use super::{compile, function};

const MODEL: &str = "
entity Account { name: text(100) }
entity Deal {
    title: text(100)
    customer: Account
    value: money(USD)?
    score: int = 0
    states {
        open
        won
        open -> won
    }
}
";

/// The listing of one function or process of a program over the model.
fn listing(source: &str, name: &str) -> String {
    let program = compile(&format!("{MODEL}{source}"));
    disasm::function(program.module(), function(program.module(), name))
}

#[test]
fn a_loop_jumps_back_once_a_round() {
    let source = "fn f(n: int) -> int {\n    var t = 0\n    while t < n { set t += 2 }\n    return t\n}\n";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn a_setting_is_read_from_the_host() {
    let source = "config least: int = 3\nfn f(n: int) -> bool { return n >= config.least }\n";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn a_condition_is_jumps_and_what_is_absent_makes_it_false() {
    let source = "fn f(a: int?, b: int, c: bool) -> bool { return c and a > b or a == b }\n";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn a_text_is_built_of_pieces() {
    let source = "fn f(deal: Deal, n: int) -> text { return \"{deal}: {n + 1} for {deal.value}\" }\n";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn finally_stands_once_and_a_number_says_where_to_go_on() {
    let source = "fn f(n: int) -> int {
    var t = n
    try {
        if t > 3 { return t }
        set t = t div (n - 1)
    } catch e {
        set t = 0
    } finally {
        set t += 1
    }
    return t
}
";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn a_wait_checks_its_arms_in_order_and_again_when_it_is_woken() {
    let source = "workflow W for deal: Deal when created {
    let title = deal.title
    stage \"Decide\" {
        wait {
            until deal.state == won => log title,
            after 3 days => update deal { score += 1 }
        }
    }
}
";
    insta::assert_snapshot!(listing(source, "W"));
}

#[test]
fn a_query_asks_for_batches_and_tests_what_is_left() {
    let source = "fn f(a: Account, part: text) -> list of Deal {
    return find d in Deal where d.customer == a and d.state == open and d.title contains part
}
";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn groups_are_runs_of_equal_keys() {
    let source = "fn f(a: Account) -> list of int {
    return find d in Deal where d.customer == a group by d.state as state select sum(d.score)
}
";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn a_loop_over_records_keeps_only_its_place_when_it_waits() {
    let source = "workflow W for a: Account when created {
    for each d in find d in Deal where d.customer == a {
        update d { score += 1 }
        wait 1 day
    }
}
";
    insta::assert_snapshot!(listing(source, "W"));
}

#[test]
fn actions_have_turns_of_their_own_and_children_are_waited_for() {
    let source = "
action Rate(by: int) for deal: Deal -> int {
    atomic { update deal { score += by } }
    return deal.score
}
workflow Child for deal: Deal -> text when called { return deal.title }
workflow W for deal: Deal when created {
    let score = do Rate(deal, by: 2)
    let title = do Child(deal)
    log \"{title} {score}\"
}
";
    insta::assert_snapshot!("action", listing(source, "Rate"));
    insta::assert_snapshot!("caller", listing(source, "W"));
}

#[test]
fn floats_have_instructions_of_their_own() {
    let source = "fn f(a: float, b: float) -> text {
    if a / b > 1.5f { return \"{round(a - b, 2)}\" }
    return \"{-a mod b} {decimal(a)} {whole(b)}\"
}
";
    insta::assert_snapshot!(listing(source, "f"));
}

#[test]
fn amounts_are_converted_by_the_rates_of_a_day() {
    let source = "entity Bill { total: money }
workflow W for bill: Bill when created {
    log \"{bill.total.base} {convert(bill.total, EUR, at: @2026-03-01)}\"
}
";
    insta::assert_snapshot!(listing(source, "W"));
}

#[test]
fn an_activity_is_asked_of_the_host() {
    let source = "activity Score(name: text) -> (score: int, advice: text?) using native timeout 2 minutes
workflow W for deal: Deal when created {
    let r = do Score(deal.title)
    update deal { score: r.score }
}
test \"scores\" {
    mock Score(\"x\") => (score: 7, advice: none)
}
";
    insta::assert_snapshot!(listing(source, "W"));
}

#[test]
fn a_process_for_several_entities_keeps_a_field_of_each() {
    let source = "entity Visit { place: text, score: int = 0 }
workflow W for x: Deal or Visit
    when updated(score)
    only if changed(score)
{
    log \"{x.score - old.score}\"
}
";
    let program = compile(&format!("{MODEL}{source}"));
    let module = program.module();
    let process = module.processes.iter().find(|process| process.name == "W").unwrap();
    insta::assert_snapshot!(format!(
        "{:#?}\n{:#?}\n{}",
        process.triggers,
        process.captures,
        disasm::function(module, process.body)
    ));
}

#[test]
fn a_pair_is_linked_once_and_unlinked_record_by_record() {
    let source = "entity Bond { deal: Deal, account: Account }
extend entity Deal { partners: many Account through Bond }
fn partners(deal: Deal) -> int { return count p in deal.partners }
action Join(account: Account) for deal: Deal { link account to deal.partners }
action Part(account: Account) for deal: Deal { unlink account from deal.partners }
";
    let all: Vec<String> = ["partners", "Join", "Part"].iter().map(|name| listing(source, name)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_a_limit_counts_by_is_a_function_of_its_own() {
    let source = "workflow W(n: int = 1) for deal: Deal
    when updated(score), on demand
    limit 2 at once per deal.score + n + (old?.score ?? 0) newest wins
{
    log \"w\"
}
";
    let program = compile(&format!("{MODEL}{source}"));
    let module = program.module();
    let limit = module.processes.iter().find(|process| process.name == "W").unwrap().limit.clone().unwrap();
    let per = limit.per.clone().unwrap();
    insta::assert_snapshot!(format!("{limit:?}\n{}", disasm::function(module, per.function)));
}
