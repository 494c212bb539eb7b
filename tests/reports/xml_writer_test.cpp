#include "reports/xml_writer.h"

namespace reports {
namespace {

TEST(XmlWriter, EscapesWhatReadersWouldTakeForMarkup) {
    EXPECT_EQ(to_xml_text(R"(a<b>&"c'd]]>)"), R"(a&lt;b&gt;&amp;&quot;c'd]]&gt;)");
    EXPECT_EQ(to_xml_text("a\tb\nc\rd"), "a\tb\nc&#13;d");
    EXPECT_EQ(to_xml_text("日本 ü 🙂 \u007f \u0085 \ue000 \ufffd"),
              "日本 ü 🙂 \u007f \u0085 \ue000 \ufffd");
}

TEST(XmlWriter, ReplacesWhatXmlCannotHold) {
    using namespace std::string_view_literals;
    const std::pair<std::string_view, std::string> cases[] = {
        {"a\0b"sv, "a\ufffdb"},
        {"\x01\x08\x0b\x0c\x0e\x1f", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"},
        {"\xef\xbf\xbe\xef\xbf\xbf", "\ufffd\ufffd"},  // U+FFFE, U+FFFF
        {"\xed\xa0\x80", "\ufffd"},                    // a surrogate
        {"\xf4\x90\x80\x80", "\ufffd"},                // above U+10FFFF
        {"\xc0\xbc", "\ufffd\ufffd"},                  // `<`, too long
        {"\xe0\x80\xbc", "\ufffd\ufffd\ufffd"},        // the same
        {"\xff<\x80", "\ufffd&lt;\ufffd"},             // no UTF-8
        {"\xe6\x97", "\ufffd\ufffd"},                  // cut off
        {"\xe6<b>", "\ufffd&lt;b&gt;"},                // what follows stays
    };
    for (const auto& [text, wanted] : cases) EXPECT_EQ(to_xml_text(text), wanted);
}

TEST(XmlWriter, LeavesNoElementEmpty) {
    XmlWriter xml;
    xml.nest("a", [&] {
        xml.put("b", "");
        xml.put("c", " \t\r\n");
        xml.nest("d", {{"e", "f"}}, [&] { xml.nest("g", [&] { xml.put("h", ""); }); });
        xml.put("i", "1", {{"j", "\"<"}});
    });
    EXPECT_EQ(xml.finish(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<a>\n  <i j=\"&quot;&lt;\">1</i>\n</a>\n");
}

}  // namespace
}  // namespace reports
