// Identifiers: one template, explicit both ways, so that an account is never passed for a model.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace lifecycle {

template <class Tag>
class Id {
  public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    /// Takes another text and keeps the memory of the old one.
    void assign(std::string_view text) { text_.assign(text); }

    friend auto operator<=>(const Id&, const Id&) = default;

  private:
    std::string text_;
};

/// One running proxy; stable over restarts, kept in its data directory.
using GatewayId = Id<struct GatewayTag>;
/// Which API key made a call: the first 16 bytes of the key's SHA-256, 32 lower-case hex digits.
using KeyFingerprint = Id<struct KeyTag>;
/// A model's name as the API spells it, compared byte for byte.
using ModelName = Id<struct ModelTag>;
/// One inference service: the base URL of the upstream, without a trailing slash.
using UpstreamId = Id<struct UpstreamTag>;
/// An account's id in the ledger.
using AccountId = Id<struct AccountTag>;
/// One billed life of an instance: derived from the fact that opened it (session.h).
using SessionId = Id<struct SessionTag>;

}  // namespace lifecycle

template <class Tag>
struct std::hash<lifecycle::Id<Tag>> {
    std::size_t operator()(const lifecycle::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text());
    }
};
