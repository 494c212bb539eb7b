// Whether a request is forwarded, and how it is to be read: judged on its head alone. The rules are
// those of "What may not slip past the meter" (api-semantics.md): a request to a metered call that
// a lenient upstream might read otherwise than we do is refused.
#pragma once

#include <optional>
#include <string_view>

#include "bytez/route.h"
#include "proxy/fingerprints.h"
#include "proxy/head.h"
#include "proxy/keys.h"
#include "proxy/options.h"
#include "proxy/own_answer.h"

namespace proxy {

/// How a request's body goes through.
enum class Treatment {
    relay,    // untouched, unread
    stream,   // run: read while it passes, the end held back until it is found good
    control,  // load, delete, status, job: read whole before anything is forwarded
};

struct Verdict {
    std::optional<OwnError> refusal;
    Treatment treatment = Treatment::relay;
    std::optional<bytez::Call> call;      // one of the API's, exactly
    std::optional<std::string_view> key;  // from the Authorization field; views the head
};

class Admission {
  public:
    Admission(const Options& options, const KeyDirectory& keys, Fingerprints& fingerprints)
        : options_(options), keys_(keys), fingerprints_(fingerprints) {}

    Verdict judge(const RequestHead& head) const;

  private:
    std::optional<OwnError> check_key(const Verdict& verdict) const;
    bool may_forward(const RequestHead& head) const;

    const Options& options_;
    const KeyDirectory& keys_;
    Fingerprints& fingerprints_;
};

}  // namespace proxy
