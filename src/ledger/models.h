// What the catalogue says of models' GB, and what the operator says: his word is a fact, under the
// pseudo-gateway `operator`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

struct KnownModel {
    lifecycle::UpstreamId upstream;  // empty: whichever, as the operator sets it
    lifecycle::ModelName model;
    std::optional<std::string> gb;  // absent: not benchmarked
    std::string source;             // catalogue, operator
    calendar::Instant since;
};

struct CatalogueItem {
    lifecycle::ModelName model;
    std::optional<std::string> gb;
};

// All throw Unavailable.
std::vector<KnownModel> list_models(Store& store);
/// Records a fact; unpriced sessions of the model are priced by it. Refused: not a decimal with
/// 0 < gb < 10⁹ and at most 18 decimals.
void set_model(Store& store, const lifecycle::ModelName& model, const std::string& gb,
               const std::string& author, calendar::Instant now);
/// Records what differs from what is known; how many facts that were.
int record_catalogue(Store& store, const lifecycle::UpstreamId& upstream,
                     const std::vector<CatalogueItem>& items, calendar::Instant now);

}  // namespace ledger
