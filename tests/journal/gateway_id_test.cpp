#include "journal/gateway_id.h"

#include <gtest/gtest.h>

#include "platform/files.h"
#include "support/temporary_directory.h"

TEST(GatewayId, StaysTheSameOverRestarts) {
    const support::TemporaryDirectory directory;
    const std::string id = journal::load_or_make_gateway_id(directory / "var");
    EXPECT_EQ(id.size(), 22u);
    EXPECT_EQ(journal::load_or_make_gateway_id(directory / "var"), id);
    EXPECT_NE(journal::load_or_make_gateway_id(directory / "other"), id);
}

TEST(GatewayId, RefusesAFileThatHoldsSomethingElse) {
    const support::TemporaryDirectory directory;
    platform::write_file_atomically(directory / "gateway-id", "");
    try {
        journal::load_or_make_gateway_id(directory.path());
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(directory / "gateway-id"));
    }
}
