#include "ledger/written_reports.h"

#include <map>
#include <set>

#include "ledger/array_text.h"
#include "ledger/invoices.h"
#include "ledger/queries.h"
#include "ledger/transaction.h"

namespace ledger {
namespace {

using calendar::Instant;
using calendar::Month;

std::set<std::pair<std::string, std::string>> read_written(Work& work) {
    std::set<std::pair<std::string, std::string>> written;
    for (const auto& row :
         work.exec("SELECT account_id, month FROM written_reports WHERE kind = 'usage'"))
        written.emplace(row[0].as<std::string>(), row[1].as<std::string>());
    return written;
}

std::set<std::string> accounts_with_waiting_facts(Store& store) {
    std::set<std::string> accounts;
    for (const auto& waiting : list_waiting_instances(store))
        if (waiting.reason.empty()) accounts.insert(waiting.account.text());
    return accounts;
}

// Whether every gateway has shipped up to an instant; many accounts share few month's ends.
class Shipped {
  public:
    explicit Shipped(Store& store) : store_(store) {}
    bool up_to(Instant end) {
        const auto [place, is_new] = known_.try_emplace(end, false);
        if (is_new) place->second = list_unfinished_gateways(store_, end).empty();
        return place->second;
    }

  private:
    Store& store_;
    std::map<Instant, bool> known_;
};

}  // namespace

std::vector<DueReport> list_due_reports(Store& store, Instant now) {
    const auto written = transact(store, read_written);
    const auto waiting = accounts_with_waiting_facts(store);
    Shipped shipped(store);
    std::vector<DueReport> due;
    for (const Account& account : list_accounts(store, true)) {
        if (waiting.contains(account.id.text())) continue;
        const calendar::Zone zone = get_zone(account.timezone);
        Month month = zone.month_at(now).previous();
        for (int i = 0; i < months_looked_back; ++i, month = month.previous()) {
            if (zone.start_of(month.next()) <= account.created_at) break;
            if (account.archived_at && *account.archived_at < zone.start_of(month)) continue;
            if (written.contains({account.id.text(), to_text(month)})) continue;
            if (shipped.up_to(zone.start_of(month.next()))) due.push_back({account, month});
        }
    }
    std::ranges::stable_sort(due, {}, &DueReport::month);
    return due;
}

Recorded record_report(Store& store, const WrittenReport& report, Instant now) {
    ArrayText files;
    ArrayText digests;
    for (const std::string& file : report.files) files.add(file);
    for (const std::string& digest : report.digests) digests.add(digest);
    return transact(store, [&](Work& work) {
        const auto rows = work.exec_params(
            "INSERT INTO written_reports (account_id, month, kind, files, digests, written_at) "
            "VALUES ($1, $2, 'usage', $3, $4, $5) ON CONFLICT DO NOTHING",
            report.account.text(), to_text(report.month), files.text(), digests.text(),
            to_text(now));
        return rows.affected_rows() == 0 ? Recorded::before : Recorded::now;
    });
}

}  // namespace ledger
