// Facts into a real Postgres through the production shipper, for tests of what is made of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ledger/shipper.h"
#include "platform/clock.h"
#include "support/memory_source.h"
#include "support/postgres_fixture.h"

namespace support {

class ShippedBooks : public PostgresTest {
  protected:
    /// The next sealed batch of the gateway, shipped as passthrough mode does: a key that the
    /// upstream took gets an account.
    void ship(const std::vector<lifecycle::Fact>& facts, const std::string& gateway = "gw-test") {
        MemorySource& source = sources_[gateway];
        source.seal(facts);
        ledger::Shipper shipper(options(),
                                {.gateway = lifecycle::GatewayId(gateway), .make_accounts = true},
                                source, clock_);
        while (shipper.ship_next()) {
        }
    }

    std::map<std::string, MemorySource> sources_;  // by gateway
    platform::SystemClock clock_;
};

}  // namespace support
