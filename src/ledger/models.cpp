#include "ledger/models.h"

#include "ledger/posting.h"

namespace ledger {
namespace {

bool is_gb(const std::string& text) {
    const std::size_t point = std::min(text.find('.'), text.size());
    const bool digits = !text.empty() && text.size() <= 28 && point > 0 && point <= 9 &&
                        text.find_first_not_of("0123456789.") == std::string::npos &&
                        text.find('.', point + 1) == std::string::npos && text.back() != '.';
    const bool is_zero = text.find_first_of("123456789") == std::string::npos;
    return digits && !is_zero && text.size() - point <= 19;
}

}  // namespace

std::vector<KnownModel> list_models(Store& store) {
    return transact(store, [&](Work& work) {
        std::vector<KnownModel> models;
        for (const auto& row : work.exec(
                 "SELECT upstream, model, gb::text, source, since FROM models ORDER BY 2, 1")) {
            models.push_back({.upstream = lifecycle::UpstreamId(row[0].as<std::string>()),
                              .model = lifecycle::ModelName(row[1].as<std::string>()),
                              .gb = find_text(row[2]),
                              .source = row[3].as<std::string>(),
                              .since = read_instant(row[4])});
        }
        return models;
    });
}

void set_model(Store& store, const lifecycle::ModelName& model, const std::string& gb,
               const std::string& author, calendar::Instant now) {
    if (!is_gb(gb)) {
        throw Refused(
            "a model's GB is a decimal between 0 and 1000000000 with at most 18 decimals, "
            "such as 0.548");
    }
    if (model.empty() || model.text().size() > 512 || to_storable(model.text()) != model.text()) {
        throw Refused("a model's name is a text of 1 to 512 bytes in UTF-8");
    }
    transact(store, [&](Work& work) {
        post_operator_fact(
            work, "",
            {.occurred_at = now,
             .body = lifecycle::ModelSet{.model = model, .gb = gb, .author = author}},
            now);
    });
}

int record_catalogue(Store& store, const lifecycle::UpstreamId& upstream,
                     const std::vector<CatalogueItem>& items, calendar::Instant now) {
    return transact(store, [&](Work& work) {
        std::map<std::string, std::optional<std::string>> known;
        for (const auto& row : work.exec_params(
                 "SELECT model, gb::text FROM models WHERE upstream = $1", upstream.text())) {
            known.emplace(row[0].as<std::string>(), find_text(row[1]));
        }
        int count = 0;
        for (const CatalogueItem& item : items) {
            const auto entry = known.find(item.model.text());
            if (entry != known.end() && entry->second == item.gb) continue;
            post_operator_fact(
                work, upstream.text(),
                {.occurred_at = now,
                 .body = lifecycle::CatalogueEntry{.model = item.model, .gb = item.gb}},
                now);
            ++count;
        }
        return count;
    });
}

}  // namespace ledger
