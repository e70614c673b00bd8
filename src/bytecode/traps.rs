//! The reasons for which a program may stop by itself. Each has a code with a page in the registry.

/// Declares the traps.
macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident $number:literal $code:literal $message:literal;)*) => {
        /// Why a program cannot go on. The number is the code without its letter.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum TrapCode {
            $($(#[$doc])* $name = $number,)*
        }

        impl TrapCode {
            /// All of them.
            pub const ALL: &[TrapCode] = &[$(TrapCode::$name,)*];

            /// The trap of a number.
            #[must_use]
            pub fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(TrapCode::$name),)*
                    _ => None,
                }
            }

            /// Its number.
            #[must_use]
            pub fn number(self) -> u16 {
                match self {
                    $(TrapCode::$name => $number,)*
                }
            }

            /// Its code as people see it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(TrapCode::$name => $code,)*
                }
            }

            /// What is said where nothing more exact is known.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self {
                    $(TrapCode::$name => $message,)*
                }
            }
        }
    };
}

traps! {
    /// A result does not fit its type.
    Overflow 101 "R0101" "the result does not fit its type";
    /// A divisor is zero.
    DivisionByZero 102 "R0102" "division by zero";
    /// A value that has to be there is absent.
    Absent 103 "R0103" "the value is absent";
    /// A list has no element of this number, or a bound is negative.
    Index 104 "R0104" "the list has no such element";
    /// A text or number cannot be converted.
    Conversion 105 "R0105" "the value cannot be converted";
    /// A stored number is no member that the program knows.
    UnknownMember 106 "R0106" "the stored number is no member that this program knows";
    /// A float would be infinite or not a number.
    NotFinite 107 "R0107" "the result is not a finite number";
    /// A reference is not of the entity that the program relies on.
    WrongEntity 108 "R0108" "the record is not of the expected entity";
    /// A part of the program that cannot be reached was reached.
    Unreachable 109 "R0109" "the program came to a place that cannot be reached";
    /// A text is longer than the type of its place allows.
    TextOverType 110 "R0110" "the text is longer than the type of its place allows";
    /// Two currencies meet in one calculation.
    CurrencyMismatch 201 "R0201" "the amounts are in different currencies";
    /// Months, days and exact time do not convert into each other.
    MixedDuration 202 "R0202" "months, days and exact time do not convert into each other";
    /// A moment lies outside of the years 1 to 9999.
    TimeRange 203 "R0203" "the moment lies outside of the years 1 to 9999";
    /// An amount cannot be split into so many parts.
    BadSplit 204 "R0204" "an amount is split into at least one part";
    /// A process that was given a time limit has not ended in time.
    TimeLimit 509 "R0509" "it has not ended within its time limit";
    /// One turn used up its fuel.
    Fuel 901 "R0901" "the turn took more steps than it may";
    /// Calls within each other.
    Depth 902 "R0902" "functions call each other too deeply";
    /// The values of one instance take too much memory.
    Heap 903 "R0903" "the values of the instance take more memory than they may";
    /// A text is too long.
    TextTooLong 904 "R0904" "the text is longer than a text may be";
    /// A list is too long.
    ListTooLong 905 "R0905" "the list is longer than a list may be";
}

impl TrapCode {
    /// Whether it is a limit, which no `catch` sees.
    #[must_use]
    pub fn is_limit(self) -> bool {
        self.number() >= 900
    }
}
