#include "simulation/customers.h"

namespace simulation {

Gateway& Customer::any_gateway() {
    return *gateways_[static_cast<std::size_t>(
        dice_.between(0, static_cast<std::int64_t>(gateways_.size()) - 1))];
}

std::string Customer::any_model() {
    auto model = world_.gb.begin();
    std::advance(model, dice_.between(0, static_cast<std::int64_t>(world_.gb.size()) - 1));
    return model->first;
}

void Customer::plan_visit() {
    world_.agenda.after(dice_.between(minute, 2 * between_visits_), [this] {
        if (retired_) return;
        visit();
        plan_visit();
    });
}

void Customer::visit() {
    const std::string model = any_model();
    const auto whim = dice_.between(0, 99);
    if (whim < 75) {
        load(model);
    } else if (whim < 80) {
        load_elsewhere(model);
    } else if (whim < 88) {
        use(model, 2);  // perhaps nothing is there
    } else if (whim < 94) {
        any_gateway().status(key_, model, [](int) {});
    } else {
        leave(model);
    }
}

void Customer::load(const std::string& model) {
    const std::int64_t concurrency = dice_.one_of({1, 1, 1, 2, 8});
    const std::int64_t period = dice_.one_of({60, 300, 300, 1800, 7200});
    any_gateway().load(key_, model, concurrency, period, [this, model](int status) {
        if (retired_) return;
        if (status == 0 && dice_.percent(50)) {  // as clients do: again
            world_.agenda.after(dice_.between(1, 60) * second, [this, model] {
                if (!retired_) load(model);
            });
        }
        if (dice_.percent(5)) leave(model);  // on second thoughts, while it boots
        poll(model, static_cast<int>(dice_.between(0, 60)));
    });
}

/// Around the gateways, with the account's own credential.
void Customer::load_elsewhere(const std::string& model) {
    world_.upstream.load({key_.upstream_account, model, 1, 300, ""});
    if (dice_.percent(70)) poll(model, 30);
}

void Customer::poll(const std::string& model, int tries) {
    if (retired_ || tries == 0) return;
    Gateway& gateway = any_gateway();
    gateway.status(key_, model, [this, model, tries, &gateway](int status) {
        if (status == 200 && gateway.last_state() == "RUNNING")
            return use(model, static_cast<int>(dice_.mostly_low(0, 40)));
        if (status == 200 && gateway.last_state() == "FAILED" && dice_.percent(50)) return;
        world_.agenda.after(dice_.between(5, 60) * second,
                            [this, model, tries] { poll(model, tries - 1); });
    });
}

void Customer::use(const std::string& model, int runs) {
    if (retired_) return;
    if (runs == 0) {
        if (dice_.percent(60)) leave(model);
        return;
    }
    any_gateway().run(key_, model, dice_.mostly_low(100 * millisecond, 10 * minute), [](int) {});
    world_.agenda.after(dice_.mostly_low(second, 40 * minute),
                        [this, model, runs] { use(model, runs - 1); });
}

void Customer::leave(const std::string& model) {
    any_gateway().remove(key_, model, [](int) {});
}

}  // namespace simulation
