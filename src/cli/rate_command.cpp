// tollgate rate: sessions in, charges out, a line each (metering.md, "Command").
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <variant>

#include "calendar/zone.h"
#include "cli/command.h"
#include "cli/line_reader.h"
#include "metering/charge_json.h"
#include "metering/plan.h"
#include "metering/rule.h"
#include "metering/session_reader.h"

namespace cli {
namespace {

constexpr std::size_t output_block = 256u << 10;

struct Arguments {
    std::string plan_file;
    std::string timezone = "UTC";
    std::optional<std::string> as_of;
};

/// What every line is rated by.
struct Terms {
    metering::Plan plan;
    calendar::Zone zone;
    std::optional<calendar::Instant> as_of;
};

std::optional<metering::Plan> load_plan(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();  // fails for an empty file, too, which is no plan either
    if (!file || !text) {
        std::cerr << "tollgate rate: cannot read the plan " << path << "\n";
        return {};
    }
    auto plan = metering::parse_plan(text.str());
    if (const auto* refused = std::get_if<metering::PlanRefused>(&plan)) {
        std::cerr << "tollgate rate: plan " << path << ": " << refused->why << "\n";
        return {};
    }
    return std::get<metering::Plan>(std::move(plan));
}

std::optional<Terms> load_terms(const Arguments& arguments) {
    auto plan = load_plan(arguments.plan_file);
    if (!plan) return {};
    const auto zone = calendar::find_zone(arguments.timezone);
    if (!zone) {
        std::cerr << "tollgate rate: no time zone \"" << arguments.timezone << "\"\n";
        return {};
    }
    std::optional<calendar::Instant> as_of;
    if (arguments.as_of) {
        as_of = calendar::parse_instant(*arguments.as_of);
        if (!as_of) {
            std::cerr << "tollgate rate: --as-of is not an instant such as 2026-10-05T10:00:00Z\n";
            return {};
        }
    }
    return Terms{std::move(*plan), *zone, as_of};
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

class Rater {
  public:
    explicit Rater(const Terms& terms) : terms_(terms) {}

    Exit run() {
        for (;;) {
            switch (lines_.next()) {
                case LineReader::Next::line:
                    rate(lines_.line());
                    break;
                case LineReader::Next::too_long:
                    report("longer than 4 MiB");
                    break;
                case LineReader::Next::starved:
                    // Nothing is held back while we wait for more.
                    flush();
                    lines_.refill();
                    break;
                case LineReader::Next::end:
                    flush();
                    return exit_;
            }
        }
    }

  private:
    void rate(std::string_view line) {
        if (is_blank(line)) return;
        std::string_view fault = reader_.read(line, facts_);
        if (fault.empty()) fault = metering::find_fault(facts_, terms_.as_of.has_value());
        if (!fault.empty()) return report(fault);
        const auto charge = metering::rate_session(facts_, terms_.plan, terms_.zone, terms_.as_of);
        metering::append_charge_json(output_, facts_, terms_.plan, charge);
        output_ += '\n';
        if (output_.size() >= output_block) flush();
    }

    void report(std::string_view why) {
        exit_ = Exit::refused;
        std::cerr << "line " << lines_.number() << ": " << why << "\n";
    }

    void flush() {
        write_all(STDOUT_FILENO, output_);
        output_.clear();
    }

    const Terms& terms_;
    LineReader lines_{STDIN_FILENO, metering::SessionReader::padding};
    metering::SessionReader reader_;
    metering::SessionFacts facts_;
    std::string output_;
    Exit exit_ = Exit::done;
};

}  // namespace

void add_rate(CLI::App& app, Exit& exit) {
    auto* command = app.add_subcommand(
        "rate",
        "Price sessions: JSON lines on standard input, a charge for each on standard output");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("--plan", arguments->plan_file, "the plan's JSON file")
        ->required()
        ->type_name("FILE");
    command->add_option("--timezone", arguments->timezone, "where months start (default UTC)")
        ->type_name("TZ");
    command
        ->add_option(
            "--as-of", arguments->as_of,
            "rate open sessions up to this instant (RFC 3339); without it they are refused")
        ->type_name("INSTANT");
    command->callback([arguments, &exit] {
        const auto terms = load_terms(*arguments);
        exit = terms ? Rater(*terms).run() : Exit::usage;
    });
}

}  // namespace cli
