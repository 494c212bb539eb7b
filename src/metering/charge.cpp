#include "metering/charge.h"

#include <stdexcept>

namespace metering {

std::string_view to_text(Status status) {
    switch (status) {
        case Status::open:
            return "open";
        case Status::free:
            return "free";
        case Status::unpriced:
            return "unpriced";
        case Status::rated:
            return "rated";
    }
    throw std::invalid_argument("a status that does not exist");
}

money::Decimal to_seconds(calendar::Duration duration) {
    constexpr std::int64_t micros_per_second = 1'000'000;
    if (duration.micros % micros_per_second == 0) {
        return money::Decimal(duration.micros / micros_per_second);
    }
    return money::Decimal::scaled(duration.micros, 6);
}

}  // namespace metering
