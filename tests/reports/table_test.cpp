#include "reports/table.h"

namespace reports {
namespace {

TEST(Table, AlignsColumnsAndLeavesNoBlanksAtTheEnd) {
    EXPECT_EQ(to_table({{"NAME"}, {"N", Align::right}, {"X"}},
                       {{"a", "1000", "y"}, {"longer", "2", ""}}, {"ALL", "1002", ""}),
              "NAME       N  X\n"
              "a       1000  y\n"
              "longer     2\n"
              "---------------\n"
              "ALL     1002\n");
}

TEST(Table, CountsCellsNotBytes) {
    EXPECT_EQ(display_width("日本"), 4u);
    EXPECT_EQ(display_width("é"), 1u);
    EXPECT_EQ(display_width("e\u0301"), 1u);
    EXPECT_EQ(display_width("مرحبا"), 5u);
    EXPECT_EQ(to_table({{"A"}, {"B"}}, {{"日本", "x"}, {"abcd", "y"}}),
              "A     B\n日本  x\nabcd  y\n");
}

TEST(Table, ANameCannotDriveTheTerminal) {
    EXPECT_EQ(to_table({{"A"}}, {{"\x1b[2Jx\ny"}}), "A\n\uFFFD[2Jx\uFFFDy\n");
    EXPECT_EQ(to_printable("a\u009bb\x7f"), "a\uFFFDb\uFFFD");
}

}  // namespace
}  // namespace reports
