#!/usr/bin/env python3
"""Writes the tables of this folder: what Python's `decimal`, `datetime` and `zoneinfo` say.

Run it by hand after a change: `python3 tests/oracle/make.py`. The tests read the tables and need no Python.
A row is a function of `functions.proc`, its arguments, and its result or the code of its fault, divided by tabs.
`zone` alone sets the time zone of the rows after it.
"""

import calendar
import random
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, getcontext
from pathlib import Path
from zoneinfo import ZoneInfo

# So exact that nothing but division is ever rounded, and division far behind the last digit that counts.
getcontext().prec = 250

MANTISSA = 2**96
PLACES = 28
INT = 2**63
OVERFLOW, BY_ZERO, MIXED, RANGE = "R0101", "R0102", "R0202", "R0203"

random.seed(20261122)


class Table:
    def __init__(self, name):
        self.path, self.lines = Path(__file__).parent / name, []

    def row(self, function, *cells):
        self.lines.append("\t".join([function, *map(str, cells)]))

    def write(self):
        self.path.write_text("\n".join(self.lines) + "\n")


# Decimals.

def shown(number):
    return f"{number:f}"


def fit(exact):
    """Rounded half to even where the digits of a decimal end."""
    for places in range(PLACES, -1, -1):
        rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
        if abs(int(rounded.scaleb(places))) < MANTISSA:
            return shown(rounded)
    return OVERFLOW


def whole(exact):
    number = int(exact.to_integral_value(ROUND_DOWN))
    return number if -INT <= number < INT else OVERFLOW


def round_to(number, places):
    return fit(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))


def floor_div(a, b):
    return (a / b).to_integral_value(ROUND_FLOOR)


def some_decimal():
    digits = random.choice([1, 2, 3, 5, 9, 14, 18, 20, 25, 27, 28])
    mantissa = random.randrange(10**digits)
    return Decimal(random.choice([1, -1]) * mantissa).scaleb(-random.choice([0, 1, 2, 4, 9, 14, 20, 27, 28]))


EDGES = [Decimal(text) for text in (
    "0", "1", "-1", "0.5", "-0.5", "1.5", "2.5", "3", "7", "-7", "10", "0.1", "0.05", "0.125", "99.99", "-2.675",
    "0.0000000000000000000000000001", "-0.0000000000000000000000000003", "0.3333333333333333333333333333",
    "79228162514264337593543950335", "-79228162514264337593543950335", "7.9228162514264337593543950335",
    "39614081257132168796771975168", "9999999999999999999999999999", "0.9999999999999999999999999999",
    "1000000000000000000000000000.5", "1000000000000000000000000001.5", "9223372036854775807.9",
    "-9223372036854775808.9", "9223372036854775808",
)]


def decimals():
    table = Table("decimal.tsv")
    pairs = [(a, b) for a in EDGES for b in EDGES if random.random() < 0.1]
    pairs += [(some_decimal(), some_decimal()) for _ in range(150)]
    for a, b in pairs:
        given = (shown(a), shown(b))
        table.row("decimal_add", *given, fit(a + b))
        table.row("decimal_subtract", *given, fit(a - b))
        table.row("decimal_multiply", *given, fit(a * b))
        table.row("decimal_divide", *given, fit(a / b) if b else BY_ZERO)
        table.row("decimal_div", *given, fit(floor_div(a, b)) if b else BY_ZERO)
        table.row("decimal_mod", *given, fit(a - b * floor_div(a, b)) if b else BY_ZERO)
    for number in EDGES + [some_decimal() for _ in range(40)]:
        table.row("decimal_whole", shown(number), whole(number))
        for places in [0, 1, 2, 3, 27, 28, 29, -1, -2, -28, -29]:
            table.row("decimal_round", shown(number), places, round_to(number, places))
    numbers = [0, 1, -1, 2, -2, 7, -7, 10, -10, INT - 1, -INT, 3_000_000_000, -4_611_686_018_427_387_904]
    for a in numbers:
        for b in numbers:
            floor = a // b if b else BY_ZERO
            table.row("int_div", a, b, OVERFLOW if floor == INT else floor)
            table.row("int_mod", a, b, a % b if b else BY_ZERO)
            table.row("int_divide", a, b, fit(Decimal(a) / Decimal(b)) if b else BY_ZERO)
    table.write()


# Amounts: four places in 64 bits.

UNIT = Decimal(10_000)


def amount(exact, code):
    parts = int((exact * UNIT).to_integral_value(ROUND_HALF_EVEN))
    return f"{shown(Decimal(parts) / UNIT)} {code}" if -INT <= parts < INT else OVERFLOW


def split(number, parts, places, code):
    """In coins; the coins that are left go to the first parts, and what is less than a coin to the first."""
    if parts <= 0:
        return "R0204"
    sign, coin = (-1 if number < 0 else 1), Decimal(1).scaleb(-places)
    coins = int((abs(number) / coin).to_integral_value(ROUND_DOWN))
    shares = [coins // parts + (1 if index < coins % parts else 0) for index in range(parts)]
    given = [coin * share for share in shares]
    given[0] += abs(number) - coin * coins
    assert sum(given) == abs(number)
    return ", ".join(amount(sign * each, code) for each in given)


def some_amount():
    return Decimal(random.choice([1, -1]) * random.randrange(10 ** random.choice([1, 2, 4, 6, 9, 14, 18]))) / UNIT


def money():
    table = Table("money.tsv")
    most, least = Decimal(INT - 1) / UNIT, Decimal(-INT) / UNIT
    edges = [Decimal(text) for text in ("0", "0.0001", "0.0003", "-0.0005", "0.01", "19.99", "-19.99", "100")]
    edges += [most, least]
    values = edges + [some_amount() for _ in range(60)]
    eur = lambda number: amount(number, "EUR")
    for _ in range(200):
        a, b = random.choice(values), random.choice(values)
        table.row("money_add", eur(a), eur(b), eur(a + b))
        table.row("money_subtract", eur(a), eur(b), eur(a - b))
        table.row("money_ratio", eur(a), eur(b), fit(a / b) if b else BY_ZERO)
    for _ in range(150):
        a = random.choice(values)
        number = random.choice([0, 1, -1, 2, 3, -3, 7, 8, 16, 32, 1000, -20_000, INT - 1, -INT])
        factor = random.choice(EDGES + [Decimal("0.19"), Decimal("1.0725"), some_decimal(), some_decimal()])
        table.row("money_times_int", eur(a), number, eur(a * number))
        table.row("money_by_int", eur(a), number, eur(a / number) if number else BY_ZERO)
        table.row("money_times", eur(a), shown(factor), eur(a * factor))
        table.row("money_by", eur(a), shown(factor), eur(a / factor) if factor else BY_ZERO)
    halves = [Decimal(text) for text in ("0.005", "0.015", "0.0049", "0.5", "1.5", "2.5", "-2.5", "0.0005", "-0.025")]
    for code, places, name in [("EUR", 2, "euro"), ("JPY", 0, "yen"), ("KWD", 3, "dinar"), ("CLF", 4, "fomento")]:
        for number in values + halves:
            rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
            table.row(f"round_{name}", amount(number, code), amount(rounded, code))
        for number in [random.choice(values) for _ in range(12)] + edges:
            for parts in [1, 2, 3, 7, random.choice([0, -1, 12])]:
                table.row(f"split_{name}", amount(number, code), parts, split(number, parts, places, code))
    table.write()


# Time. A duration is months, days and microseconds.

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# The last moment that every zone can show within the year 9999.
LAST = datetime(9999, 12, 30, 22, tzinfo=timezone.utc)


def add_months(day, months):
    """The same day of another month, or its last."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def guarded(compute):
    try:
        return compute()
    except (OverflowError, ValueError):
        return RANGE


def date_add(day, months, days, micros):
    if micros:
        return MIXED
    return guarded(lambda: add_months(day, months) + timedelta(days=days))


def months_between(a, b):
    if b < a:
        return -months_between(b, a)
    months = (b.year - a.year) * 12 + b.month - a.month
    return months if months == 0 or add_months(a, months) <= b else months - 1


def instant(moment):
    utc = moment.astimezone(timezone.utc)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_add(moment, zone, months, days, micros):
    def compute():
        at = moment
        if months or days:
            wall = moment.astimezone(zone).replace(tzinfo=None)
            wall = add_months(wall, months) + timedelta(days=days)
            # The earlier of two; in a gap the offset before it, which moves forward by its length.
            at = wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
        at += timedelta(microseconds=micros)
        return RANGE if at > LAST else instant(at)
    return guarded(compute)


def some_day(low=1, high=9999):
    year, month = random.randrange(low, high + 1), random.randrange(1, 13)
    last = calendar.monthrange(year, month)[1]
    return date(year, month, random.choice([1, 15, last, last, random.randrange(1, last + 1)]))


def iso(day):
    return day if isinstance(day, str) else day.isoformat()


def parts(months, days, micros):
    return f"{months}/{days}/{micros}"


def dates(table):
    edges = [date(1, 1, 1), date(1, 1, 31), date(1600, 2, 29), date(1900, 2, 28), date(1970, 1, 1), date(2000, 2, 29),
             date(2024, 1, 31), date(2024, 2, 29), date(2026, 1, 31), date(2100, 2, 28), date(9999, 12, 1),
             date(9999, 12, 31)]
    days = edges + [some_day() for _ in range(40)] + [some_day(1990, 2040) for _ in range(40)]
    for day in days:
        for _ in range(3):
            months = random.choice([0, 1, -1, 11, 12, -12, 13, 48, 1200, -1200, 119_976])
            more = random.choice([0, 1, -1, 28, 31, 365, -366, 146_097])
            micros = random.choice([0, 0, 0, 0, 0, 1])
            result = date_add(day, months, more, micros)
            table.row("date_add", iso(day), parts(months, more, micros), iso(result))
        other = random.choice(days)
        table.row("date_difference", iso(day), iso(other), parts(0, (day - other).days, 0))
        near = guarded(lambda: day + timedelta(days=random.randrange(-70, 70)))
        for second in [other, near if isinstance(near, date) else day]:
            table.row("whole_months", iso(day), iso(second), months_between(day, second))
        table.row("parts_of_date", iso(day), f"{day.year} {day.month} {day.day} {day.isoweekday()}")


def changes(zone, low, high):
    """The moments at which the clock of a zone changes."""
    found, at = [], datetime(low, 1, 1, tzinfo=timezone.utc)
    while at.year < high:
        after = at + timedelta(hours=12)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            first, last = at, after
            while last - first > timedelta(seconds=1):
                middle = first + (last - first) / 2
                middle = middle.replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                first, last = (middle, last) if same else (first, middle)
            found.append(last)
        at = after
    return found


def moments(table, name):
    zone = ZoneInfo(name)
    table.row("zone", name)
    around = changes(zone, 2023, 2028)
    starts = []
    for change in around:
        for days in [0, -1, 1, -31]:
            offset = timedelta(minutes=random.choice([-90, -61, -31, -30, -15, -1, 0, 1, 15, 29, 30, 59, 60, 61]))
            starts.append(change + timedelta(days=days) + offset)
    starts += [EPOCH + timedelta(microseconds=random.randrange(0, 1_900_000_000_000_000)) for _ in range(15)]
    for start in starts:
        for days in [1, -1, random.choice([0, 2, 7, 31, -365])]:
            months = random.choice([0, 0, 1, -1, 6, 12])
            micros = random.choice([0, 0, 1, -1, 3_600_000_000, 86_400_000_000, -5_400_000_000])
            given = parts(months, days, micros)
            table.row("moment_add", instant(start), given, moment_add(start, zone, months, days, micros))
        other = random.choice(starts)
        micros = (start - other) // timedelta(microseconds=1)
        table.row("moment_difference", instant(start), instant(other), parts(0, 0, micros))
        wall = start.astimezone(zone)
        table.row("date_of_moment", instant(start), wall.date().isoformat())
        table.row("hour_of_moment", instant(start), wall.hour)
        day = wall.date() + timedelta(days=random.choice([-1, 0, 1]))
        joined = datetime.combine(day, wall.time()).replace(tzinfo=zone, fold=0)
        table.row("moment_of", iso(day), instant(start), instant(joined))
    ends = [datetime(1, 1, 1, tzinfo=timezone.utc), LAST]
    for end in ends:
        table.row("date_of_moment", instant(end), guarded(lambda: end.astimezone(zone).date().isoformat()))
        for micros in [1, -1]:
            table.row("moment_add", instant(end), parts(0, 0, micros), moment_add(end, zone, 0, 0, micros))


def times():
    table = Table("time.tsv")
    table.row("zone", "UTC")
    dates(table)
    for name in ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]:
        moments(table, name)
    table.write()


def some_rate():
    places = random.choice([0, 2, 4, 6, 10])
    digits = random.choice([1, 2, 4, 6, 8])
    return Decimal(random.randrange(1, 10 ** (digits + places))).scaleb(-places)


def conversions():
    """An amount, the rates of its currency and of the other one, the amount in that."""
    table = Table("rates.tsv")
    step = Decimal("0.0001")
    amounts = [Decimal(a) for a in ("0", "0.0001", "-0.0001", "0.5", "1", "10", "99.99", "922337203685477.5807")]
    rates = [Decimal(r) for r in ("1", "2", "0.5", "1.1", "0.93", "7.4604", "161.37", "0.0000000001", "900000000")]
    rows = [(a, f, t) for a in amounts for f in rates for t in rates]
    rows += [(some_amount(), some_rate(), some_rate()) for _ in range(600)]
    for amount_of, rate_from, rate_to in rows:
        result = (amount_of * rate_to / rate_from).quantize(step, ROUND_HALF_EVEN)
        fits = -INT <= int(result.scaleb(4)) < INT
        table.row("convert", amount_of, shown(rate_from), shown(rate_to), shown(result) if fits else OVERFLOW)
    table.write()


decimals()
money()
times()
conversions()
