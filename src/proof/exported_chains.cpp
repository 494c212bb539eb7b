#include "proof/exported_chains.h"

namespace proof {

std::optional<Difference> ExportedChains::walk(const std::vector<ExportedStretch>& stretches) {
    for (const ExportedStretch& stretch : stretches) {
        if (auto wrong = walk(stretch)) return wrong;
        ++chains_;
    }
    return std::nullopt;
}

std::optional<Difference> ExportedChains::walk(const ExportedStretch& stretch) {
    const std::string name = name_of_chain(stretch.gateway, account_.text());
    ChainHead head = stretch.after;
    const ChainHead start = start_of(stretch.gateway, account_.text());
    if (head.count == 0 && head != start)
        return Difference{name, "start", describe(start), describe(head)};
    const auto [links, is_first] = links_.try_emplace(stretch.gateway);
    if (!is_first) return Difference{name, "stretches", "one", "more"};
    if (head.count > 0) links->second[head.last_sequence] = head;
    for (const ExportedFact& fact : stretch.facts) {
        if (fact.gateway != stretch.gateway)
            return Difference{"fact " + std::to_string(fact.sequence) + " of " + name, "gateway",
                              stretch.gateway, fact.gateway};
        if (auto wrong = check_link(head, chained(fact), fact.link)) return wrong;
        links->second[fact.sequence] = head;
        ++facts_;
    }
    return std::nullopt;
}

ChainedFact ExportedChains::chained(const ExportedFact& fact) const {
    return {.gateway = fact.gateway,
            .sequence = fact.sequence,
            .account = account_.text(),
            .upstream = fact.upstream,
            .kind = fact.kind,
            .key = fact.key,
            .model = fact.model,
            .occurred_at = fact.occurred_at,
            .recorded_at = fact.recorded_at,
            .body = fact.body};
}

std::optional<Difference> ExportedChains::find_wrong_head(const std::string& subject,
                                                          const std::string& gateway,
                                                          const ChainHead& head) const {
    const std::string what = "head of " + name_of_chain(gateway, account_.text());
    const auto links = links_.find(gateway);
    if (links == links_.end() || !links->second.contains(head.last_sequence))
        return Difference{subject, what, describe(head), "no such fact"};
    const ChainHead& passed = links->second.at(head.last_sequence);
    if (passed != head) return Difference{subject, what, describe(head), describe(passed)};
    return std::nullopt;
}

bool ExportedChains::is_told(const NamedHead& named) const {
    const auto links = links_.find(named.gateway);
    if (links == links_.end() || links->second.empty()) return false;
    return links->second.begin()->first <= named.head.last_sequence &&
           named.head.last_sequence <= links->second.rbegin()->first;
}

}  // namespace proof
