// Inside the ledger: rows on their way into facts, each with its link of its chain. Remembers which
// instances they concern, and since when.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ledger/binary_copy.h"
#include "ledger/chain_heads.h"
#include "ledger/fact_rows.h"

namespace ledger {

/// An instance that facts of a batch concern. Looks at texts that the stream owns.
struct ConcernedInstance {
    std::string_view account;
    std::string_view upstream;
    std::string_view model;
    calendar::Instant earliest;
    bool only_runs = false;
};

class FactStream {
  public:
    FactStream(Work& work, std::string gateway, ChainHeads& heads)
        : work_(work), gateway_(std::move(gateway)), heads_(heads) {}

    /// In order of sequence. `account` null: no one's. The partition of the row's month is there.
    void write(const FactRow& row, const lifecycle::AccountId* account, std::string_view upstream);
    void finish();

    /// Ordered by account, upstream, model.
    std::vector<ConcernedInstance> touched() const;

  private:
    struct Name {
        std::string_view account;
        std::string_view upstream;
        std::string_view model;
        friend bool operator==(const Name&, const Name&) = default;
    };
    struct HashOfName {
        std::size_t operator()(const Name& name) const;
    };
    struct Touch {
        calendar::Instant earliest;
        bool only_runs = false;
    };
    BinaryCopy& copy_at(calendar::Instant recorded_at);
    void touch(const Name& name, const FactRow& row);

    Work& work_;
    const std::string gateway_;
    ChainHeads& heads_;
    // Straight into the partition: routing each row costs the server a third more.
    std::unique_ptr<BinaryCopy> copy_;
    calendar::Instant copy_at_;  // an instant of the partition's month
    std::string month_;
    std::unordered_set<std::string> texts_;  // that the names look at
    std::unordered_map<Name, Touch, HashOfName> touched_;
};

}  // namespace ledger
