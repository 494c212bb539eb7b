#include "support/postgres_fixture.h"

namespace support {
namespace {

constexpr const char* template_name = "migrated";

void execute(const std::string& url, const std::string& sql) {
    pqxx::connection connection(url);
    pqxx::nontransaction work(connection);
    work.exec(sql);
}

}  // namespace

TestCluster& TestCluster::instance() {
    static TestCluster cluster;
    return cluster;
}

TestCluster::TestCluster() {
    platform::EmbeddedPostgresOptions options;
    options.data_dir = home_.path();
    options.fsync = false;
    postgres_ = platform::EmbeddedPostgres::open(options);
    execute(postgres_->connection_string(), std::string("CREATE DATABASE ") + template_name);
    ledger::migrate(string_for(template_name));
}

std::string TestCluster::string_for(const std::string& database) const {
    const std::string text = postgres_->connection_string();
    return text.substr(0, text.find(" dbname=")) + " dbname=" + database;
}

std::string TestCluster::make_database(bool migrated) {
    postgres_->ensure_running();
    const std::string name = "test_" + std::to_string(++count_);
    execute(postgres_->connection_string(),
            "CREATE DATABASE " + name + " TEMPLATE " + (migrated ? template_name : "template1"));
    return string_for(name);
}

std::string PostgresTest::ask(const std::string& sql) const {
    pqxx::connection connection(url_);
    pqxx::work work(connection);
    work.exec("SET search_path = tollgate");
    work.exec("SET TIME ZONE 'UTC'");
    const pqxx::result rows = work.exec(sql);
    work.commit();
    if (rows.empty() || rows.columns() == 0) return "none";
    return rows[0][0].is_null() ? "null" : rows[0][0].as<std::string>();
}

std::string PostgresTest::try_as(const std::string& role, const std::string& sql) const {
    pqxx::connection connection(url_);
    pqxx::work work(connection);
    work.exec("SET search_path = tollgate");
    work.exec("SET ROLE " + role);
    try {
        work.exec(sql);
        work.commit();
    } catch (const pqxx::sql_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace support
