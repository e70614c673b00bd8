//! The currency codes of ISO 4217 that are in use, those for metals, funds and tests among them.

use super::distance::did_you_mean;
use super::value::Currency;

/// The codes in order of the alphabet.
#[rustfmt::skip]
const CODES: [&str; 177] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF",
    "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF",
    "CHW", "CLF", "CLP", "CNY", "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD",
    "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD",
    "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES",
    "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD",
    "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR",
    "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
    "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD",
    "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV",
    "WST", "XAF", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XCD", "XCG", "XDR", "XOF", "XPD", "XPF",
    "XPT", "XSU", "XTS", "XUA", "XXX", "YER", "ZAR", "ZMW", "ZWG",
];

/// The currency of a code that is in use.
#[must_use]
pub fn known(code: &str) -> Option<Currency> {
    CODES.binary_search(&code).ok().and_then(|_| Currency::parse(code))
}

/// The codes in use that a misspelt one probably is.
#[must_use]
pub fn near(code: &str) -> Vec<&'static str> {
    did_you_mean(code, CODES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_found() {
        assert!(CODES.is_sorted());
        assert_eq!(known("EUR"), Currency::parse("EUR"));
        assert_eq!(known("ZWG"), Currency::parse("ZWG"));
        assert_eq!(known("AED"), Currency::parse("AED"));
        assert!(known("QQQ").is_none());
        assert!(known("eur").is_none());
    }

    #[test]
    fn a_misspelt_code_is_recognised() {
        assert_eq!(near("CFH"), ["CHF"]);
        assert!(near("ERU").contains(&"EUR"));
        assert_eq!(near("eur"), ["EUR"]);
        assert!(near("QQQ").is_empty());
    }
}
