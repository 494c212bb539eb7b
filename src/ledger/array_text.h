// Inside the ledger: a Postgres array as a parameter: one statement then takes many rows, with
// less work for the server than a JSON document of them.
#pragma once

#include <string>
#include <string_view>

namespace ledger {

class ArrayText {
  public:
    void add(std::string_view element) {
        text_ += text_.size() == 1 ? "\"" : ",\"";
        for (const char c : element) {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
        text_ += '"';
    }
    std::string text() const { return text_ + '}'; }

  private:
    std::string text_ = "{";
};

}  // namespace ledger
