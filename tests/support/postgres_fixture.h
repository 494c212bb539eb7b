// A real Postgres for tests: one embedded cluster per test program, in a temporary folder, with a
// migrated template; each test gets a database of its own, copied from it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "ledger/migrations.h"
#include "ledger/store.h"
#include "platform/embedded_postgres.h"
#include "support/temporary_directory.h"

namespace support {

/// The program's cluster; started at first use, stopped with the program.
class TestCluster {
  public:
    static TestCluster& instance();
    /// An empty database, or a copy of the migrated one; its connection string.
    std::string make_database(bool migrated);
    platform::EmbeddedPostgres& postgres() { return *postgres_; }

  private:
    TestCluster();
    std::string string_for(const std::string& database) const;

    TemporaryDirectory home_;
    std::unique_ptr<platform::EmbeddedPostgres> postgres_;
    int count_ = 0;
};

class PostgresTest : public testing::Test {
  protected:
    PostgresTest() : url_(TestCluster::instance().make_database(true)), store_(options()) {}

    ledger::StoreOptions options() const {
        ledger::StoreOptions result;
        result.connection_string = [url = url_] {
            TestCluster::instance().postgres().ensure_running();
            return url;
        };
        return result;
    }
    /// As the cluster's superuser; the first field of the first row, "null" or "none".
    std::string ask(const std::string& sql) const;
    /// As the service's role; the error's text, empty when it was done.
    std::string try_as_service(const std::string& sql) const {
        return try_as("tollgate_service", sql);
    }
    /// As the tables' owner: may do anything that no trigger refuses.
    std::string try_as_owner(const std::string& sql) const { return try_as("tollgate_owner", sql); }

    std::string url_;
    ledger::Store store_;

  private:
    std::string try_as(const std::string& role, const std::string& sql) const;
};

}  // namespace support
