#include "console/exposition.h"

#include <regex>
#include <set>

namespace exposition {
namespace {

/// Reads one sample line: name{label="value",…} value
class SampleReader {
  public:
    explicit SampleReader(std::string_view line) : line_(line), left_(line) {}

    Sample read() {
        Sample sample;
        sample.name = read_name();
        if (take('{')) {
            do {
                std::string label = read_name();
                expect('=');
                sample.labels.emplace_back(std::move(label), read_quoted());
            } while (take(','));
            expect('}');
        }
        expect(' ');
        static const std::regex number(R"(-?\d+(\.\d+)?|\+Inf)");
        sample.value = std::string(left_);
        if (!std::regex_match(sample.value, number)) fail("no number");
        return sample;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Malformed(what + ": " + std::string(line_));
    }
    bool take(char c) {
        if (left_.empty() || left_.front() != c) return false;
        left_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail(std::string("no ") + c);
    }
    std::string read_name() {
        static const std::regex name("^[a-zA-Z_][a-zA-Z0-9_]*");
        std::cmatch match;
        if (!std::regex_search(left_.begin(), left_.end(), match, name)) fail("no name");
        left_.remove_prefix(static_cast<std::size_t>(match.length()));
        return match.str();
    }
    std::string read_quoted() {
        expect('"');
        std::string value;
        while (!take('"')) {
            if (left_.empty()) fail("no end of a value");
            char c = left_.front();
            left_.remove_prefix(1);
            if (c == '\\') {
                if (take('n')) {
                    c = '\n';
                } else if (take('"')) {
                    c = '"';
                } else if (!take('\\')) {
                    fail("an unknown escape");
                }
            }
            value += c;
        }
        return value;
    }

    std::string_view line_;
    std::string_view left_;
};

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends) {
    for (const std::string_view end : ends) {
        if (name.ends_with(end)) return true;
    }
    return false;
}

void check_name(const std::string& name, const std::string& type) {
    const std::string_view stem =
        type == "counter" ? std::string_view(name).substr(0, name.size() - 6) : name;
    if ((type == "counter") != name.ends_with("_total")) throw Malformed("_total: " + name);
    if (ends_with_any(stem, {"_count", "_sum", "_bucket"})) throw Malformed("reserved: " + name);
    if (ends_with_any(stem, {"_ms", "_milliseconds", "_us", "_microseconds", "_minutes", "_hours",
                             "_kilobytes", "_kib", "_kb", "_mb", "_percent", "_bits"})) {
        throw Malformed("no base unit: " + name);
    }
}

void check_histogram(const std::string& name, const Family& family) {
    std::map<std::string, std::vector<std::pair<std::string, long>>> buckets;  // by other labels
    std::map<std::string, long> counts;
    for (const Sample& sample : family.samples) {
        std::string others, bound;
        for (const auto& [label, value] : sample.labels) {
            label == "le" ? bound = value : others += label + "=" + value + ";";
        }
        if (sample.name == name + "_bucket") {
            buckets[others].emplace_back(bound, std::stol(sample.value));
        } else if (sample.name == name + "_count") {
            counts[others] = std::stol(sample.value);
        } else if (sample.name != name + "_sum") {
            throw Malformed("not of the histogram: " + sample.name);
        }
    }
    for (const auto& [others, series] : buckets) {
        for (std::size_t i = 1; i < series.size(); ++i) {
            if (series[i].second < series[i - 1].second) throw Malformed("falling: " + name);
        }
        if (series.back().first != "+Inf") throw Malformed("no +Inf: " + name);
        if (series.back().second != counts.at(others)) throw Malformed("_count: " + name);
    }
}

bool belongs(const std::string& sample, const std::string& name, const std::string& type) {
    if (type != "histogram") return sample == name;
    return sample == name + "_bucket" || sample == name + "_sum" || sample == name + "_count";
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) throw Malformed("no line feed at the end");
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace

std::map<std::string, Family> parse(std::string_view text) {
    static const std::regex help(R"(# HELP ([a-zA-Z_]\w*) (.+))");
    static const std::regex type(R"(# TYPE ([a-zA-Z_]\w*) (counter|gauge|histogram))");
    std::map<std::string, Family> families;
    std::set<std::string> series;
    std::string name;
    for (const std::string& line : lines_of(text)) {
        std::smatch match;
        if (std::regex_match(line, match, help)) {
            name = match[1];
            if (!families.emplace(name, Family{"", match[2], {}}).second) {
                throw Malformed("a second time: " + line);
            }
        } else if (std::regex_match(line, match, type)) {
            if (match[1] != name || !families.at(name).type.empty()) throw Malformed(line);
            families.at(name).type = match[2];
            check_name(name, match[2]);
        } else {
            Sample sample = SampleReader(line).read();
            if (name.empty() || !belongs(sample.name, name, families.at(name).type)) {
                throw Malformed("outside its family: " + line);
            }
            if (!series.insert(line.substr(0, line.rfind(' '))).second) {
                throw Malformed("twice: " + line);
            }
            families.at(name).samples.push_back(std::move(sample));
        }
    }
    for (const auto& [family_name, family] : families) {
        if (family.type.empty() || family.samples.empty()) throw Malformed("empty: " + family_name);
        if (family.type == "histogram") check_histogram(family_name, family);
    }
    return families;
}

}  // namespace exposition
