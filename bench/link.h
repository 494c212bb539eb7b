// A connection of a benchmark's own, straight on libpq: no slower than what it is compared with.
#pragma once

#include <libpq-fe.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class Link {
  public:
    explicit Link(const std::string& url) : link_(PQconnectdb(url.c_str())) {
        check(PQstatus(link_) == CONNECTION_OK);
        run("SET search_path = tollgate");
    }
    ~Link() { PQfinish(link_); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void run(const std::string& sql) {
        PGresult* result = PQexec(link_, sql.c_str());
        const auto status = PQresultStatus(result);
        PQclear(result);
        check(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    }
    std::string ask(const std::string& sql) {
        PGresult* result = PQexec(link_, sql.c_str());
        check(PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1);
        std::string value = PQgetvalue(result, 0, 0);
        PQclear(result);
        return value;
    }
    std::vector<std::string> copy_out(const std::string& sql) {
        std::vector<std::string> lines;
        copy_out(sql, [&](std::string_view line) { lines.emplace_back(line); });
        return lines;
    }
    template <class Visit>
    void copy_out(const std::string& sql, Visit visit) {
        PQclear(PQexec(link_, sql.c_str()));
        char* line = nullptr;
        for (int length = 0; (length = PQgetCopyData(link_, &line, 0)) > 0; PQfreemem(line))
            visit(std::string_view(line, static_cast<std::size_t>(length)));
        finish();
    }
    void copy_in(const std::string& sql, const std::vector<std::string>& lines) {
        start_copy(sql);
        for (const std::string& line : lines) put(line);
        end_copy();
    }
    void start_copy(const std::string& sql) { PQclear(PQexec(link_, sql.c_str())); }
    void put(const std::string& line) {
        check(PQputCopyData(link_, line.data(), static_cast<int>(line.size())) == 1);
    }
    void end_copy() {
        check(PQputCopyEnd(link_, nullptr) == 1);
        finish();
    }

  private:
    void finish() {
        while (PGresult* result = PQgetResult(link_)) {
            const bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
            PQclear(result);
            check(is_done);
        }
    }
    void check(bool is_well) {
        if (!is_well) throw std::runtime_error(PQerrorMessage(link_));
    }
    PGconn* link_;
};

}  // namespace bench
