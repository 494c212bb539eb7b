// Signed checkpoints held against each other: one after the other, from the first. Pure. That their
// heads are those of facts is for who has the facts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/signing.h"
#include "proof/checkpoint.h"
#include "proof/difference.h"

namespace proof {

/// As it is kept.
struct SignedCheckpoint {
    std::uint64_t number = 0;  // from 1, dense
    std::string body = {};     // to_text(Checkpoint)
    platform::Signature signature{};
    platform::PublicKey public_key{};
};

/// What Checkpoint::previous says of the one whose body this is.
std::string digest_of_checkpoint(std::string_view body);

/// `trusted`: whose signatures count. Empty: whichever key the checkpoint names.
std::optional<Difference> check_signature(const SignedCheckpoint& checkpoint,
                                          const std::vector<platform::PublicKey>& trusted);

class CheckpointCheck {
  public:
    /// `trusted`: whose signatures count. Empty: whichever key a checkpoint names; that shows
    /// accidents, and no forger.
    explicit CheckpointCheck(std::vector<platform::PublicKey> trusted);

    /// The next one: its number, signature, key, form, what it follows, and that no chain went back
    /// or vanished since the one before.
    std::optional<Difference> take(const SignedCheckpoint& checkpoint);

    /// Of the one taken last: the heads that the one before did not have.
    const std::vector<NamedHead>& moved() const { return moved_; }

  private:
    std::optional<Difference> check_heads(const Checkpoint& read, const std::string& subject);

    const std::vector<platform::PublicKey> trusted_;
    std::uint64_t number_ = 0;
    std::string previous_;
    std::map<std::pair<std::string, std::string>, ChainHead> heads_;
    std::vector<NamedHead> moved_;
};

/// Moves the head on by the fact, and holds it against the link that is stored with the fact.
std::optional<Difference> check_link(ChainHead& head, const ChainedFact& fact, const Hash& stored);

/// "the chain of gateway gw-1 and account acc_1"
std::string name_of_chain(const std::string& gateway, const std::string& account);
/// "<hash> after 3 facts, the last of sequence 9"
std::string describe(const ChainHead& head);

}  // namespace proof
