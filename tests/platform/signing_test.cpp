#include "platform/signing.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "platform/crypto.h"
#include "platform/files.h"
#include "support/temporary_directory.h"

namespace platform {
namespace {

std::string bytes_of_hex(std::string_view hex) {
    const auto bytes = parse_public_key(hex).value();
    return {bytes.begin(), bytes.end()};
}

// RFC 8032, 7.1, TEST 2.
TEST(SigningKey, SignsAsTheStandardSays) {
    const support::TemporaryDirectory directory;
    write_file_atomically(
        directory / "key",
        bytes_of_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    const SigningKey key = SigningKey::load_or_make(directory / "key");
    EXPECT_EQ(to_hex(key.public_key()),
              "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    EXPECT_EQ(to_hex(key.sign("\x72")),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(SigningKey, KeepsItsKeyInAFileForItsOwnerAlone) {
    const support::TemporaryDirectory directory;
    const SigningKey key = SigningKey::load_or_make(directory / "key");
    struct stat status {};
    ASSERT_EQ(::stat((directory / "key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(SigningKey::load_or_make(directory / "key").public_key(), key.public_key());
    EXPECT_NE(SigningKey::load_or_make(directory / "other").public_key(), key.public_key());
    ASSERT_EQ(::chmod((directory / "key").c_str(), 0644), 0);
    EXPECT_THROW(SigningKey::load_or_make(directory / "key"), std::runtime_error);
    write_file_atomically(directory / "short", "short");
    EXPECT_THROW(SigningKey::load_or_make(directory / "short"), std::runtime_error);
}

TEST(SigningKey, AnotherTextKeyOrSignatureIsNotItsOwn) {
    const support::TemporaryDirectory directory;
    const SigningKey key = SigningKey::load_or_make(directory / "key");
    const SigningKey other = SigningKey::load_or_make(directory / "other");
    Signature signature = key.sign("the books");
    EXPECT_TRUE(is_signed_by("the books", signature, key.public_key()));
    EXPECT_FALSE(is_signed_by("the book", signature, key.public_key()));
    EXPECT_FALSE(is_signed_by("", signature, key.public_key()));
    EXPECT_FALSE(is_signed_by("the books", signature, other.public_key()));
    EXPECT_EQ(parse_signature(to_hex(signature)), signature);
    signature[10] ^= 1;
    EXPECT_FALSE(is_signed_by("the books", signature, key.public_key()));
}

TEST(SigningKey, HexIsReadStrictly) {
    const std::string hex(64, 'a');
    EXPECT_TRUE(parse_public_key(hex));
    EXPECT_FALSE(parse_public_key(hex + "a"));
    EXPECT_FALSE(parse_public_key(hex.substr(1)));
    EXPECT_FALSE(parse_public_key(std::string(1, 'A').append(hex, 1)));
    EXPECT_FALSE(parse_signature(hex));
}

}  // namespace
}  // namespace platform
