#include "platform/signing.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "platform/crypto.h"
#include "platform/files.h"

namespace platform {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Context = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

Context make_context() {
    Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!context) throw std::bad_alloc();
    return context;
}

Key private_key(const std::array<std::uint8_t, 32>& seed) {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
            EVP_PKEY_free);
    if (!key) throw std::runtime_error("OpenSSL cannot take an Ed25519 key");
    return key;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::uint8_t> digit_of(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    return std::nullopt;
}

template <class Bytes>
std::optional<Bytes> parse_hex(std::string_view hex) {
    Bytes bytes{};
    if (hex.size() != bytes.size() * 2) return std::nullopt;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto high = digit_of(hex[2 * i]);
        const auto low = digit_of(hex[2 * i + 1]);
        if (!high || !low) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(*high * 16 + *low);
    }
    return bytes;
}

}  // namespace

SigningKey SigningKey::load_or_make(const std::string& path) {
    const std::string bytes = read_or_make_file(path, random_bytes(32), 4096);
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw_errno("look at", path);
    if ((status.st_mode & 077) != 0)
        throw std::runtime_error(path + " is open to other users: chmod 600 it");
    SigningKey key;
    if (bytes.size() != key.seed_.size())
        throw std::runtime_error(path + " is no key: it must hold exactly 32 bytes");
    std::copy(bytes.begin(), bytes.end(), key.seed_.begin());
    std::size_t size = key.public_key_.size();
    if (EVP_PKEY_get_raw_public_key(private_key(key.seed_).get(), key.public_key_.data(), &size) !=
        1)
        throw std::runtime_error("OpenSSL cannot derive an Ed25519 public key");
    return key;
}

Signature SigningKey::sign(std::string_view text) const {
    Signature signature{};
    std::size_t size = signature.size();
    const Key key = private_key(seed_);
    const Context context = make_context();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(text), text.size()) != 1)
        throw std::runtime_error("OpenSSL cannot sign with Ed25519");
    return signature;
}

bool is_signed_by(std::string_view text, const Signature& signature, const PublicKey& key) {
    const Key known(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()),
                    EVP_PKEY_free);
    if (!known) return false;
    const Context context = make_context();
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, known.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(text),
                            text.size()) == 1;
}

std::optional<PublicKey> parse_public_key(std::string_view hex) {
    return parse_hex<PublicKey>(hex);
}

std::optional<Signature> parse_signature(std::string_view hex) {
    return parse_hex<Signature>(hex);
}

}  // namespace platform
