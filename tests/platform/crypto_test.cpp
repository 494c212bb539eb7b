#include "platform/crypto.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "support/temporary_directory.h"

using platform::SealingKey;

namespace {

std::string hex_digest(std::string_view bytes) {
    return platform::to_hex(platform::sha256(bytes));
}

}  // namespace

TEST(Sha256, GivesThePublishedDigests) {  // FIPS 180-4 examples
    EXPECT_EQ(hex_digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex_digest("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(RandomText, HasTheLengthAndOnlyLettersAndDigits) {
    const std::string text = platform::random_text(5'000);
    EXPECT_EQ(text.size(), 5'000u);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789"),
              std::string::npos);
    EXPECT_EQ(std::set<char>(text.begin(), text.end()).size(), 62u);
    EXPECT_NE(platform::random_text(20), platform::random_text(20));
}

TEST(ConstantTimeCompare, TellsEqualFromUnequal) {
    EXPECT_TRUE(platform::equal_in_constant_time("", ""));
    EXPECT_TRUE(platform::equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(platform::equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(platform::equal_in_constant_time("abc", "ab"));
}

TEST(SealingKey, OpensWhatItSealed) {
    const support::TemporaryDirectory directory;
    const SealingKey key = SealingKey::load_or_make(directory / "key");
    for (const std::string& plain :
         {std::string(), std::string("Key abc"), std::string(9'000, 'x')})
        EXPECT_EQ(key.unseal(key.seal(plain)), plain);
    EXPECT_NE(key.seal("same"), key.seal("same"));
    EXPECT_EQ(key.seal("Key abc").find("Key abc"), std::string::npos);
}

TEST(SealingKey, IsKeptInAFileForItsOwnerAlone) {
    const support::TemporaryDirectory directory;
    const std::string sealed = SealingKey::load_or_make(directory / "key").seal("plain");
    struct stat status {};
    ASSERT_EQ(::stat((directory / "key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(status.st_size, 32);
    EXPECT_EQ(SealingKey::load_or_make(directory / "key").unseal(sealed), "plain");
    EXPECT_EQ(SealingKey::load_or_make(directory / "other").unseal(sealed), std::nullopt);
}

TEST(SealingKey, RefusesWhatWasChangedAnywhere) {
    const support::TemporaryDirectory directory;
    const SealingKey key = SealingKey::load_or_make(directory / "key");
    const std::string sealed = key.seal("plain");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(key.unseal(changed), std::nullopt) << i;
        EXPECT_EQ(key.unseal(sealed.substr(0, i)), std::nullopt) << i;
    }
}

TEST(SealingKey, RefusesAKeyFileThatOthersCanRead) {
    const support::TemporaryDirectory directory;
    SealingKey::load_or_make(directory / "key");
    ASSERT_EQ(::chmod((directory / "key").c_str(), 0640), 0);
    try {
        SealingKey::load_or_make(directory / "key");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(directory / "key"));
    }
}

TEST(SealingKey, RefusesAKeyFileOfAnotherSize) {
    const support::TemporaryDirectory directory;
    std::ofstream(directory / "key") << "short";
    std::filesystem::permissions(directory / "key", std::filesystem::perms::owner_read);
    EXPECT_THROW(SealingKey::load_or_make(directory / "key"), std::runtime_error);
}
