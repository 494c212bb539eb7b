#include "proof/checkpoint_check.h"

#include <algorithm>

#include "platform/crypto.h"

namespace proof {

std::string digest_of_checkpoint(std::string_view body) {
    return platform::to_hex(platform::sha256(body));
}

std::string name_of_chain(const std::string& gateway, const std::string& account) {
    if (gateway == corrections_gateway)
        return "the chain of corrections by hand of account " + account;
    return "the chain of gateway " + gateway + " and " +
           (account.empty() ? "no account" : "account " + account);
}

std::string describe(const ChainHead& head) {
    return to_text(head.hash) + " after " + std::to_string(head.count) +
           " facts, the last of sequence " + std::to_string(head.last_sequence);
}

std::optional<Difference> check_link(ChainHead& head, const ChainedFact& fact, const Hash& stored) {
    const std::string place =
        head.count == 0 ? "the first of its chain" : "after " + std::to_string(head.last_sequence);
    advance(head, fact);
    if (stored == head.hash) return std::nullopt;
    return Difference{"fact " + std::to_string(fact.sequence) + " (" + place + ") of " +
                          name_of_chain(std::string(fact.gateway), std::string(fact.account)),
                      "hash, so it was changed, or facts before it were taken out or put in",
                      to_text(head.hash), to_text(stored)};
}

std::optional<Difference> check_signature(const SignedCheckpoint& checkpoint,
                                          const std::vector<platform::PublicKey>& trusted) {
    const std::string subject = "checkpoint " + std::to_string(checkpoint.number);
    if (!trusted.empty() && std::ranges::find(trusted, checkpoint.public_key) == trusted.end())
        return Difference{subject, "public key", platform::to_hex(trusted.front()),
                          platform::to_hex(checkpoint.public_key)};
    if (!platform::is_signed_by(checkpoint.body, checkpoint.signature, checkpoint.public_key))
        return Difference{subject, "signature",
                          "one of its body by " + platform::to_hex(checkpoint.public_key),
                          platform::to_hex(checkpoint.signature)};
    return std::nullopt;
}

CheckpointCheck::CheckpointCheck(std::vector<platform::PublicKey> trusted)
    : trusted_(std::move(trusted)) {}

std::optional<Difference> CheckpointCheck::take(const SignedCheckpoint& checkpoint) {
    const std::string subject = "checkpoint " + std::to_string(checkpoint.number);
    moved_.clear();
    if (checkpoint.number != number_ + 1)
        return Difference{"checkpoint " + std::to_string(number_ + 1), "checkpoint", "there",
                          "none"};
    if (auto wrong = check_signature(checkpoint, trusted_)) return wrong;
    const auto read = parse_checkpoint(checkpoint.body);
    if (!read) return Difference{subject, "body", "a checkpoint", "something else"};
    if (read->previous != previous_)
        return Difference{subject, "previous", previous_.empty() ? "none" : previous_,
                          read->previous.empty() ? "none" : read->previous};
    if (auto wrong = check_heads(*read, subject)) return wrong;
    number_ = checkpoint.number;
    previous_ = digest_of_checkpoint(checkpoint.body);
    return std::nullopt;
}

std::optional<Difference> CheckpointCheck::check_heads(const Checkpoint& read,
                                                       const std::string& subject) {
    std::map<std::pair<std::string, std::string>, ChainHead> heads;
    for (const NamedHead& named : read.heads) {
        heads[{named.gateway, named.account}] = named.head;
        const auto before = heads_.find({named.gateway, named.account});
        if (before == heads_.end() || before->second != named.head) moved_.push_back(named);
    }
    for (const auto& [name, before] : heads_) {
        const auto now = heads.find(name);
        const std::string what = "head of " + name_of_chain(name.first, name.second);
        if (now == heads.end()) return Difference{subject, what, describe(before), "none"};
        const bool stays = now->second == before;
        const bool moves_on =
            now->second.count > before.count && now->second.last_sequence > before.last_sequence;
        if (!stays && !moves_on)
            return Difference{subject, what, describe(before) + ", or later",
                              describe(now->second)};
    }
    heads_ = std::move(heads);
    return std::nullopt;
}

}  // namespace proof
