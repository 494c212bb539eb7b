#include "console/readiness.h"

#include <gtest/gtest.h>

namespace console {

TEST(Readiness, IsThatMeteredCallsCanBeRecorded) {
    struct Row {
        JournalState journal;
        bool database_reachable;
        bool ready;
        std::string json;
    };
    const Row rows[] = {
        {JournalState::writing, true, true,
         R"({"ready":true,"journal":{"state":"writing","backlog_bytes":7},"database":{"state":"reachable"}})"},
        {JournalState::writing, false, true,
         R"({"ready":true,"journal":{"state":"writing","backlog_bytes":7},"database":{"state":"spooling"}})"},
        {JournalState::full, true, false,
         R"({"ready":false,"journal":{"state":"full","backlog_bytes":7},"database":{"state":"reachable"}})"},
        {JournalState::full, false, false,
         R"({"ready":false,"journal":{"state":"full","backlog_bytes":7},"database":{"state":"unreachable"}})"},
        {JournalState::failed, true, false,
         R"({"ready":false,"journal":{"state":"failed","backlog_bytes":7},"database":{"state":"reachable"}})"},
        {JournalState::failed, false, false,
         R"({"ready":false,"journal":{"state":"failed","backlog_bytes":7},"database":{"state":"unreachable"}})"},
    };
    for (const Row& row : rows) {
        const Health health{row.journal, 7, row.database_reachable};
        EXPECT_EQ(is_ready(health), row.ready);
        EXPECT_EQ(to_json(health), row.json + "\n");
    }
}

}  // namespace console
