// What a verification finds first: whose what is otherwise than it must be.
#pragma once

#include <string>

namespace proof {

struct Difference {
    std::string subject;   // "session gw-1.5 of account acc_1"
    std::string what;      // "ended_at"
    std::string expected;  // as it follows from what it rests on; "none": it should not be there
    std::string found;     // as it stands in the books; "none": it is missing
    friend bool operator==(const Difference&, const Difference&) = default;
};

}  // namespace proof
