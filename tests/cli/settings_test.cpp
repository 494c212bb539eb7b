#include "cli/settings.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "cli/reload.h"

namespace cli {
namespace {

class SettingsTest : public testing::Test {
  protected:
    SettingsTest() {
        std::string pattern = testing::TempDir() + "settings-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
    }
    ~SettingsTest() override { std::filesystem::remove_all(folder_); }

    std::string file(const std::string& text) {
        const std::string path = folder_ + "/tollgate.json";
        std::ofstream(path) << text;
        return path;
    }

    /// What loading says: empty when it is accepted.
    static std::string refusal(const ConfigArguments& arguments, const Environment& env = {}) {
        try {
            load_settings(arguments, env);
            return {};
        } catch (const BadSetting& bad) {
            return bad.what();
        }
    }

    std::string folder_;
};

TEST_F(SettingsTest, LaterSourcesOverrideEarlierOnes) {
    const std::string path = file(R"({"gateway": {"listen": "127.0.0.1:1", "threads": 2},
        "console": {"listen": "127.0.0.1:2"} /* a comment */, "upstream.url": "http://file"})");
    const Settings settings = load_settings(
        {path, {"gateway.listen=127.0.0.1:4"}},
        {{"TOLLGATE_GATEWAY_LISTEN", "127.0.0.1:3"}, {"TOLLGATE_CONSOLE_LISTEN", "127.0.0.1:5"}});
    EXPECT_EQ(settings.gateway.listen, "127.0.0.1:4");
    EXPECT_EQ(settings.console.listen, "127.0.0.1:5");
    EXPECT_EQ(settings.gateway.threads, 2);
    EXPECT_EQ(settings.upstream.url, "http://file");
}

TEST_F(SettingsTest, AMistypedOverrideIsNotRepeatedWithItsSecret) {
    for (const char* override_text :
         {"upstream.key:canary", "upstream.key canary", "upstream.key:canary==", "upstream.key"}) {
        const std::string said = refusal({"", {override_text}});
        EXPECT_EQ(said, "upstream.key: --set takes key.path=value") << override_text;
    }
}

TEST_F(SettingsTest, WhatIsWrongIsNamedByItsPath) {
    const std::pair<const char*, const char*> overrides[] = {
        {"gateway.lisen=127.0.0.1:1", "gateway.lisen: no such setting"},
        {"gateway.listen=8080", "gateway.listen: must be HOST:PORT"},
        {"gateway.listen=127.0.0.1:70000", "gateway.listen"},
        {"gateway.keys=perhaps", "gateway.keys: must be passthrough or managed"},
        {"gateway.threads=0", "gateway.threads: must be a whole number from 1 to 64"},
        {"gateway.threads=2x", "gateway.threads"},
        {"upstream.url=ftp://host", "upstream.url"},
        {"upstream.url=https://user:pass@host", "upstream.url"},
        {"database.url=mysql://host", "database.url"},
        {"issuer.country=Germany", "issuer.country: must be an ISO 3166 code"},
        {"issuer.email=nobody", "issuer.email"},
        {"issuer.electronic_scheme=EM", "issuer.electronic_scheme: must be a code of the EAS"},
        {"issuer.iban=DE00370400440532013000", "issuer.iban"},
        {"issuer.bic=COBA", "issuer.bic"},
        {"issuer.payment_days=367", "issuer.payment_days: must be a whole number from 0 to 366"},
        {"issuer.invoice_series=tg", "issuer.invoice_series: must be 1 to 16 capitals"},
        {"issuer.invoice_number={series}-{counter:6}", "issuer.invoice_number: must hold {year}"},
        {"data_dir=", "data_dir"},
        {"gateway", "--set takes key.path=value"},
    };
    for (const auto& [text, wanted] : overrides)
        EXPECT_NE(refusal({"", {text}}).find(wanted), std::string::npos)
            << text << " → " << refusal({"", {text}});
}

TEST_F(SettingsTest, FilesAreReadStrictly) {
    const std::pair<const char*, const char*> files[] = {
        {R"({"gateway": {"listen": 8080}})", "gateway.listen: must be a text"},
        {R"({"gateway": {"threads": 1.5}})", "gateway.threads"},
        {R"({"gateway": {"threads": 18446744073709551615}})", "gateway.threads"},
        {R"({"gateway": "yes"})", "gateway: no such setting"},
        {R"({"gateway": {"forward_paths": ["x"]}})", "gateway.forward_paths"},
        {R"({"data_dir": "a", "data_dir": "b"})", "data_dir: given twice"},
        {R"({"data_dir": )", "not JSON"},
        {"[]", "must hold one JSON object"},
    };
    for (const auto& [text, wanted] : files)
        EXPECT_NE(refusal({file(text), {}}).find(wanted), std::string::npos)
            << text << " → " << refusal({file(text), {}});
    EXPECT_NE(refusal({folder_ + "/absent.json", {}}).find("absent.json"), std::string::npos);
}

TEST_F(SettingsTest, AVariableThatLooksLikeASettingMustBeOne) {
    EXPECT_NE(refusal({}, {{"TOLLGATE_GATEWAY_LISEN", "x"}}).find("TOLLGATE_GATEWAY_LISEN"),
              std::string::npos);
    EXPECT_EQ(refusal({}, {{"TOLLGATE_HOME", "x"}}), "");
}

TEST_F(SettingsTest, SecretsAreNeverShown) {
    const Settings settings =
        load_settings({"", {"upstream.key=canary", "origin.keys=canary,two"}},
                      {{"TOLLGATE_DATABASE_URL", "postgresql://user:canary@host/db"}});
    EXPECT_EQ(settings.upstream.key, "canary");
    EXPECT_EQ(settings.origin.keys, (std::vector<std::string>{"canary", "two"}));
    EXPECT_EQ(describe(settings).find("canary"), std::string::npos);
    EXPECT_EQ(refusal({"", {"upstream.key=with space canary"}}).find("canary"), std::string::npos);
    EXPECT_EQ(refusal({file(R"({"upstream": {"key": "canary", oops)"), {}}).find("canary"),
              std::string::npos);
}

TEST_F(SettingsTest, WhatIsPrintedIsAConfigurationItself) {
    const Settings settings = load_settings({"", {"gateway.threads=3", "data_dir=/somewhere"}}, {});
    const std::string printed = describe(settings);
    EXPECT_EQ(describe(load_settings({file(printed), {}}, {})), printed);
}

TEST_F(SettingsTest, AReloadChangesWhatMayChangeAndNamesTheRest) {
    Settings in_force = load_settings({"", {}}, {});
    Settings wanted = in_force;
    EXPECT_TRUE(plan_reload(in_force, wanted).changed.empty());
    wanted.gateway.max_in_flight = 7;
    wanted.log.level = "debug";
    wanted.gateway.threads = 5;
    wanted.upstream.key = "canary";  // a secret is compared, too
    const Reload reload = plan_reload(in_force, wanted);
    EXPECT_EQ(reload.changed, (std::vector<std::string>{"gateway.max_in_flight", "log.level"}));
    EXPECT_EQ(reload.need_restart, (std::vector<std::string>{"gateway.threads", "upstream.key"}));
    EXPECT_EQ(reload.in_force.gateway.max_in_flight, 7);
    EXPECT_EQ(reload.in_force.log.level, "debug");
    EXPECT_EQ(reload.in_force.gateway.threads, 1);
    EXPECT_EQ(reload.in_force.upstream.key, "");
    EXPECT_EQ(plan_reload(reload.in_force, wanted).need_restart, reload.need_restart) << "again";
}

TEST_F(SettingsTest, ManagedKeysNeedTheUpstreamsCredential) {
    EXPECT_THROW(check_for_serving(load_settings({"", {"gateway.keys=managed"}}, {})), BadSetting);
    EXPECT_NO_THROW(
        check_for_serving(load_settings({"", {"gateway.keys=managed", "upstream.key=k"}}, {})));
}

TEST_F(SettingsTest, ACertificateNeedsItsKey) {
    const auto serves = [](std::vector<std::string> overrides) {
        try {
            check_for_serving(load_settings({"", std::move(overrides)}, {}));
            return true;
        } catch (const BadSetting&) {
            return false;
        }
    };
    EXPECT_TRUE(serves({"gateway.tls.certificate=a,b", "gateway.tls.key=c,d"}));
    EXPECT_FALSE(serves({"gateway.tls.certificate=a,b", "gateway.tls.key=c"}));
    EXPECT_FALSE(serves({"gateway.tls.certificate=a"}));
    EXPECT_FALSE(serves({"gateway.tls.key=a"}));
    EXPECT_TRUE(serves({"upstream.client_certificate=a", "upstream.client_key=b"}));
    EXPECT_FALSE(serves({"upstream.client_certificate=a"}));
    EXPECT_FALSE(serves({"upstream.client_key=a"}));
}

}  // namespace
}  // namespace cli
