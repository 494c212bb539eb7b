// Customers: what people and their programs do with a key. They load, poll, run, delete, forget to
// delete, come back over another gateway, and load twice.
#pragma once

#include "simulation/gateway.h"

namespace simulation {

class Customer {
  public:
    Customer(World& world, std::vector<std::unique_ptr<Gateway>>& gateways, Key key, Dice dice,
             Micros between_visits)
        : world_(world),
          gateways_(gateways),
          key_(std::move(key)),
          dice_(dice),
          between_visits_(between_visits) {}

    void begin() { plan_visit(); }
    void retire() { retired_ = true; }

  private:
    void plan_visit();
    void visit();
    void load(const std::string& model);
    void load_elsewhere(const std::string& model);
    void poll(const std::string& model, int tries);
    void use(const std::string& model, int runs);
    void leave(const std::string& model);
    Gateway& any_gateway();
    std::string any_model();

    World& world_;
    std::vector<std::unique_ptr<Gateway>>& gateways_;
    const Key key_;
    Dice dice_;
    const Micros between_visits_;
    bool retired_ = false;
};

}  // namespace simulation
