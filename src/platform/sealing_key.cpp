// SealingKey of crypto.h: sealed = nonce (12 bytes) · ciphertext · tag (16 bytes).
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "platform/crypto.h"
#include "platform/files.h"

namespace platform {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

Context make_context() {
    Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    if (!context) throw std::bad_alloc();
    return context;
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

SealingKey SealingKey::load_or_make(const std::string& path) {
    const std::string bytes = read_or_make_file(path, random_bytes(key_size), 4096);
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw_errno("look at", path);
    if ((status.st_mode & 077) != 0) {
        throw std::runtime_error(path + " is open to other users: chmod 600 it");
    }
    if (bytes.size() != key_size) {
        throw std::runtime_error(path + " is no key: it must hold exactly 32 bytes");
    }
    SealingKey key;
    std::copy(bytes.begin(), bytes.end(), key.key_.begin());
    return key;
}

std::string SealingKey::seal(std::string_view plain) const {
    std::string sealed = random_bytes(nonce_size);
    sealed.resize(nonce_size + plain.size() + tag_size);
    unsigned char* out = bytes_of(sealed);
    const Context context = make_context();
    int count = 0;
    const bool done =
        EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key_.data(), out, nullptr) == 1 &&
        EVP_EncryptUpdate(context.get(), out + nonce_size, &count, bytes_of(plain),
                          static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), out + nonce_size + plain.size(), &count) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                            out + nonce_size + plain.size()) == 1;
    if (!done) throw std::runtime_error("OpenSSL cannot encrypt with AES-256-GCM");
    return sealed;
}

std::optional<std::string> SealingKey::unseal(std::string_view sealed) const {
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    const std::string_view body = sealed.substr(nonce_size, sealed.size() - nonce_size - tag_size);
    std::string tag(sealed.substr(sealed.size() - tag_size));
    std::string plain(body.size(), '\0');
    const Context context = make_context();
    int count = 0;
    const bool done =
        EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key_.data(), bytes_of(sealed),
                            nullptr) == 1 &&
        EVP_DecryptUpdate(context.get(), bytes_of(plain), &count, bytes_of(body),
                          static_cast<int>(body.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + plain.size(), &count) == 1;
    if (!done) return std::nullopt;
    return plain;
}

}  // namespace platform
