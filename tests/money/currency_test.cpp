#include "money/currency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace money {
namespace {

TEST(Currency, KnowsMinorUnits) {
    EXPECT_EQ(find_currency("USD")->minor_units(), 2u);
    EXPECT_EQ(find_currency("JPY")->minor_units(), 0u);
    EXPECT_EQ(find_currency("KWD")->minor_units(), 3u);
    EXPECT_EQ(find_currency("CLF")->minor_units(), 4u);
    EXPECT_EQ(find_currency("EUR")->code(), "EUR");
}

TEST(Currency, RefusesWhatCannotBeOnAnInvoice) {
    for (const char* code : {"", "usd", "US", "USDX", "DEM", "XAU", "XXX", "ZZZ"}) {
        EXPECT_FALSE(find_currency(code)) << code;
    }
}

/// The fields of a CSV line, counted from its end: the names in front may hold quoted commas.
std::vector<std::string> fields_from_the_end(const std::string& line) {
    std::vector<std::string> fields(1);
    for (auto c = line.rbegin(); c != line.rend() && fields.size() <= 5; ++c) {
        if (*c == ',') {
            fields.emplace_back();
        } else if (*c != '\r') {
            fields.back().insert(fields.back().begin(), *c);
        }
    }
    return fields;
}

TEST(Currency, AgreesWithThePublishedTable) {
    std::ifstream file(TOLLGATE_SOURCE "/../shared/standards/iso4217/codes-all.csv");
    if (!file) GTEST_SKIP() << "no ../shared/standards/iso4217/codes-all.csv here";
    std::map<std::string, std::string> active;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        const auto fields = fields_from_the_end(line);  // withdrawn, minor units, number, code
        if (fields.size() > 4 && fields[0].empty() && !fields[3].empty())
            active[fields[3]] = fields[1];
    }
    EXPECT_GT(active.size(), 150u);
    std::size_t with_minor_units = 0;
    for (const auto& [code, minor_units] : active) {
        const auto currency = find_currency(code);
        const bool countable =
            minor_units.size() == 1 && minor_units[0] >= '0' && minor_units[0] <= '9';
        EXPECT_EQ(currency.has_value(), countable) << code;
        if (!currency) continue;
        ++with_minor_units;
        EXPECT_EQ(std::to_string(currency->minor_units()), minor_units) << code;
    }
    // Nothing beyond the published codes: every three letters we accept is one of them.
    std::size_t accepted = 0;
    for (char a = 'A'; a <= 'Z'; ++a)
        for (char b = 'A'; b <= 'Z'; ++b)
            for (char c = 'A'; c <= 'Z'; ++c)
                accepted += find_currency(std::string{a, b, c}) ? 1 : 0;
    EXPECT_EQ(accepted, with_minor_units);
}

}  // namespace
}  // namespace money
