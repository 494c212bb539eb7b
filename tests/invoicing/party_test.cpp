#include "invoicing/party.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace invoicing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Party, ShowsItsPartsAndOnlyWithoutThemItsFreeAddress) {
    EXPECT_THAT(address_lines({.address = "1 Road\nTown"}), ElementsAre("1 Road", "Town"));
    EXPECT_THAT(address_lines({.address = "old",
                               .street = {"Weg 1", "Hof"},
                               .city = "Berlin",
                               .postal_code = "10115"}),
                ElementsAre("Weg 1", "Hof", "10115 Berlin"));
    EXPECT_THAT(address_lines({.city = "Berlin"}), ElementsAre("Berlin"));
    EXPECT_THAT(address_lines({}), IsEmpty());
}

TEST(Party, FieldsAreHeldToTheirForm) {
    struct Case {
        std::string (*find)(std::string_view);
        std::vector<const char*> good;
        std::vector<const char*> bad;
    };
    const Case cases[] = {
        {find_country_fault, {"", "DE", "KW"}, {"D", "de", "DEU", "D1", "Germany"}},
        {find_email_fault,
         {"", "a@b.example", "billing+x@example.com"},
         {"a", "@b", "a@", "a@b@c", "a b@c", "<a@b>"}},
        {find_scheme_fault, {"", "9930", "0088"}, {"88", "99300", "EM", "99a0"}},
        {find_iban_fault,
         {"", "DE89370400440532013000", "GB82WEST12345698765432"},
         {"DE88370400440532013000", "DE89 3704 0044 0532 0130 00", "de89370400440532013000", "DE89",
          "89370400440532013000DE"}},
        {find_bic_fault, {"", "COBADEFF", "COBADEFFXXX"}, {"COBADE", "cobadeff", "COBADEFFXX"}},
    };
    for (const Case& c : cases) {
        for (const char* text : c.good) EXPECT_THAT(c.find(text), IsEmpty()) << text;
        for (const char* text : c.bad) EXPECT_THAT(c.find(text), HasSubstr("must be")) << text;
    }
}

TEST(Party, IsWrongByItsFirstFaultAndWhereAnAddressLacksItsScheme) {
    EXPECT_THAT(find_fault(Party{}), IsEmpty());
    EXPECT_THAT(find_fault({.country = "de"}), HasSubstr("the country must be"));
    EXPECT_THAT(find_fault({.electronic_address = "DE1"}), HasSubstr("come together"));
    EXPECT_THAT(find_fault({.electronic_scheme = "9930"}), HasSubstr("come together"));
    EXPECT_THAT(find_fault({.electronic_address = "DE1", .electronic_scheme = "9930"}), IsEmpty());
}

}  // namespace
}  // namespace invoicing
