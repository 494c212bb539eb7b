// The stretches of an export, walked link by link; then, whether a head lies on them. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "proof/account_export.h"
#include "proof/difference.h"

namespace proof {

class ExportedChains {
  public:
    explicit ExportedChains(lifecycle::AccountId account) : account_(std::move(account)) {}

    /// The first link that is not what its fact makes of the one before.
    std::optional<Difference> walk(const std::vector<ExportedStretch>& stretches);
    std::uint64_t facts() const { return facts_; }    // that agreed
    std::uint64_t chains() const { return chains_; }  // that agreed to their end

    /// Whether the gateway's chain passed there. `subject`: whose head it is.
    std::optional<Difference> find_wrong_head(const std::string& subject,
                                              const std::string& gateway,
                                              const ChainHead& head) const;
    /// Whether the stretch of its gateway goes past it; what lies outside nobody can hold.
    bool is_told(const NamedHead& named) const;

  private:
    std::optional<Difference> walk(const ExportedStretch& stretch);
    ChainedFact chained(const ExportedFact& fact) const;

    const lifecycle::AccountId account_;
    std::map<std::string, std::map<std::uint64_t, ChainHead>> links_;  // by gateway and sequence
    std::uint64_t facts_ = 0;
    std::uint64_t chains_ = 0;
};

}  // namespace proof
