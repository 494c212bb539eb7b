// XML 1.0 as text: elements in elements, indented, UTF-8. Escapes; knows no schema. What XML cannot
// hold (most control characters, bytes that are not UTF-8) becomes U+FFFD, so that every document
// is well-formed whatever the texts are. No element is left empty: Peppol allows none.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reports {

/// As text between tags, or within the double quotes of an attribute.
std::string to_xml_text(std::string_view text);

/// Nothing, or nothing but what XML takes for white space.
bool is_blank(std::string_view text);

class XmlWriter {
  public:
    using Attributes = std::vector<std::pair<std::string_view, std::string>>;

    /// An element of what `write` puts in; none where that is nothing. Names are not escaped.
    void nest(std::string_view name, const std::function<void()>& write) { nest(name, {}, write); }
    void nest(std::string_view name, const Attributes& attributes,
              const std::function<void()>& write);

    /// An element of text; none where the text is blank.
    void put(std::string_view name, std::string_view text, const Attributes& attributes = {});

    /// The document: declaration and all that was written.
    std::string finish();

  private:
    void start(std::string_view name, const Attributes& attributes);

    std::string body_;
    std::size_t depth_ = 0;
};

}  // namespace reports
