#include "watcher/credential_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "watcher/scratch.h"
#include "watcher/watches.h"

namespace watcher {
namespace {

namespace fs = std::filesystem;

InstanceKey instance(const std::string& key, const std::string& model) {
    return {lifecycle::KeyFingerprint(key), lifecycle::ModelName(model)};
}

TEST(CredentialStore, KeepsWhatItWasGivenOverARestart) {
    const Scratch scratch;
    const std::string bytes("\0any:\n\xff", 7);
    const auto odd = instance("k1", "a/../b\n\"\xF0\x9F\x98\x80" + std::string(400, 'x'));
    {
        FileCredentialStore store(scratch.path("watch"));
        EXPECT_TRUE(store.all().empty());
        store.put(odd, "first");
        store.put(odd, bytes);
        store.put(instance("k2", "m"), "");
        store.put(instance("k3", "m"), "gone");
        store.erase(instance("k3", "m"));
        store.erase(instance("k4", "never there"));
    }
    auto found = FileCredentialStore(scratch.path("watch")).all();
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0], std::pair(odd, bytes));
    EXPECT_EQ(found[1], std::pair(instance("k2", "m"), std::string()));
}

TEST(CredentialStore, IsForItsOwnerAlone) {
    const Scratch scratch;
    FileCredentialStore store(scratch.path("watch"));
    store.put(instance("k", "m"), "sealed");
    EXPECT_EQ(fs::status(scratch.path("watch")).permissions(), fs::perms::owner_all);
    for (const auto& file : fs::directory_iterator(scratch.path("watch")))
        EXPECT_EQ(file.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(CredentialStore, PassesOverWhatIsNotWhole) {
    const Scratch scratch;
    FileCredentialStore store(scratch.path("watch"));
    store.put(instance("k", "m"), "sealed");
    std::string whole;
    for (const auto& file : fs::directory_iterator(scratch.path("watch"))) {
        std::ifstream in(file.path(), std::ios::binary);
        whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (std::size_t cut = 0; cut < whole.size(); ++cut)
        std::ofstream(scratch.path("watch/" + std::to_string(cut) + ".watch"))
            << whole.substr(0, cut);
    std::ofstream(scratch.path("watch/more.watch")) << whole << "x";
    std::ofstream(scratch.path("watch/left.watch.abcd.tmp")) << whole;
    EXPECT_EQ(store.all().size(), 1u);
}

Watch some_watch() {
    Watch watch;
    watch.instance = instance("k", "m");
    watch.credential = "Key canary-credential";
    watch.known.since = {1234};
    watch.known.phase = Known::Phase::doubtful;
    watch.gb = "2.50";
    return watch;
}

TEST(SealedWatch, OpensUnderItsKeyAndNameOnly) {
    const Scratch scratch;
    const auto key = platform::SealingKey::load_or_make(scratch.path("seal.key"));
    const std::string sealed = seal(some_watch(), key);
    EXPECT_EQ(sealed.find("canary"), std::string::npos);
    const auto opened = unseal(instance("k", "m"), sealed, key);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->credential, "Key canary-credential");
    EXPECT_EQ(opened->known.since, calendar::Instant{1234});
    EXPECT_EQ(opened->known.phase, Known::Phase::doubtful);
    EXPECT_EQ(opened->gb, "2.50");
    EXPECT_FALSE(unseal(instance("k", "other"), sealed, key));
    EXPECT_FALSE(unseal(instance("other", "m"), sealed, key));
    EXPECT_FALSE(unseal(instance("k", "m"), sealed + "x", key));
    EXPECT_FALSE(unseal(instance("k", "m"), "", key));
    const auto another = platform::SealingKey::load_or_make(scratch.path("another.key"));
    EXPECT_FALSE(unseal(instance("k", "m"), sealed, another));
}

TEST(Watches, FindsAnInstanceUnderWhicheverKeySeesIt) {
    Watches watches;
    Watch* added = watches.add(some_watch());
    added->known.created = calendar::Instant{7};
    EXPECT_EQ(watches.find_alike(instance("k", "m"), "Key x", {}), added);
    EXPECT_EQ(watches.find_alike(instance("k2", "m"), "Key canary-credential", {}), added);
    EXPECT_EQ(watches.find_alike(instance("k2", "m"), "Key x", calendar::Instant{7}), added);
    EXPECT_EQ(watches.find_alike(instance("k2", "m"), "Key x", calendar::Instant{8}), nullptr);
    EXPECT_EQ(watches.find_alike(instance("k2", "n"), "Key canary-credential", {}), nullptr);
}

TEST(Watches, AreAskedInTheOrderInWhichTheyAreDue) {
    Watches watches;
    for (const std::int64_t due : {3, 1, 2}) {
        Watch watch = some_watch();
        watch.instance.key = lifecycle::KeyFingerprint(std::to_string(due));
        watch.due = {due};
        watches.add(std::move(watch));
    }
    Watch* first = watches.first_due();
    EXPECT_EQ(first->instance.key.text(), "1");
    watches.begin_question(*first);
    EXPECT_EQ(watches.first_due()->instance.key.text(), "2") << "one question at a time";
    watches.set_due(*first, {0});
    EXPECT_EQ(watches.first_due()->instance.key.text(), "2");
    EXPECT_TRUE(watches.end_question(*first, {9})) << "it was hurried meanwhile";
    watches.remove(*watches.first_due());
    EXPECT_EQ(watches.first_due()->instance.key.text(), "3");
    watches.set_due(*first, {0});
    EXPECT_EQ(watches.first_due(), first);
    EXPECT_EQ(watches.size(), 2u);
}

}  // namespace
}  // namespace watcher
