#include "proof/session_check.h"

#include <algorithm>
#include <vector>

#include "metering/session_facts.h"

namespace proof {
namespace {

using lifecycle::Session;

struct Field {
    std::string name;
    std::string text;
};

std::string text_of(const std::optional<calendar::Instant>& instant) {
    return instant ? calendar::to_text(*instant) : "none";
}

std::string text_of(bool value) {
    return value ? "yes" : "no";
}

// 0.50 and 5e-1 are one GB.
std::string gb_of(const Session& session) {
    const auto gb = session.gb ? metering::parse_gb(*session.gb) : std::nullopt;
    return gb ? money::to_text(*gb) : "none";
}

std::string guests_of(const Session& session) {
    std::string text;
    for (const lifecycle::KeptWarm& guest : session.kept_warm_by) {
        if (!text.empty()) text += ", ";
        text += guest.key.text() + " " + std::to_string(guest.runs) + " from " +
                calendar::to_text(guest.first_at) + " to " + calendar::to_text(guest.last_at);
    }
    return text.empty() ? "none" : text;
}

std::string uncertainty_of(const Session& session) {
    const auto& uncertainty = session.clock.uncertainty;
    return uncertainty ? std::to_string(uncertainty->micros) : "none";
}

std::vector<Field> fields_of(const BookedSession& booked) {
    const Session& s = booked.session;
    return {{"upstream", s.upstream.text()},
            {"model", s.model.text()},
            {"key", s.key.text()},
            {"gb", gb_of(s)},
            {"concurrency", std::to_string(s.concurrency)},
            {"expiration_seconds", std::to_string(s.expiration_seconds)},
            {"discovered", text_of(s.discovered)},
            {"created", text_of(s.created)},
            {"loaded_at", text_of(s.loaded_at)},
            {"running_at", text_of(s.running_at)},
            {"running_evidence", std::string(lifecycle::to_text(s.running_evidence))},
            {"expires_at", text_of(s.expires_at)},
            {"ended_at", text_of(s.ended_at)},
            {"end_reason", s.end_reason ? std::string(lifecycle::to_text(*s.end_reason)) : "none"},
            {"end_evidence", std::string(lifecycle::to_text(s.end_evidence))},
            {"estimated", text_of(s.estimated)},
            {"last_proof_of_life", text_of(s.last_proof_of_life)},
            {"first_denial", text_of(s.first_denial)},
            {"runs", std::to_string(s.runs)},
            {"last_run_at", text_of(s.last_run_at)},
            {"kept_warm_by", guests_of(s)},
            {"adjusted", text_of(s.adjusted)},
            {"clock_shift_micros", std::to_string(s.clock.shift.micros)},
            {"clock_uncertainty_micros", uncertainty_of(s)},
            {"facts_from", text_of(s.facts_from)},
            {"facts_until", text_of(s.facts_until)},
            {"plan", booked.plan.empty() ? "none" : booked.plan}};
}

std::string name_of(const BookedSession& booked, const lifecycle::AccountId& account) {
    return "session " + booked.session.id.text() + " of account " + account.text();
}

std::string summary_of(const BookedSession& booked) {
    return booked.session.model.text() + " loaded at " +
           calendar::to_text(booked.session.loaded_at);
}

const BookedSession* find(std::span<const BookedSession> sessions, const lifecycle::SessionId& id) {
    const auto found = std::ranges::find_if(
        sessions, [&](const BookedSession& booked) { return booked.session.id == id; });
    return found == sessions.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Difference> compare_sessions(const lifecycle::AccountId& account,
                                           std::span<const BookedSession> expected,
                                           std::span<const BookedSession> found) {
    for (const BookedSession& ours : expected) {
        const BookedSession* theirs = find(found, ours.session.id);
        if (!theirs) return Difference{name_of(ours, account), "session", summary_of(ours), "none"};
        const auto should = fields_of(ours);
        const auto is = fields_of(*theirs);
        for (std::size_t i = 0; i < should.size(); ++i) {
            if (should[i].text == is[i].text) continue;
            return Difference{name_of(ours, account), should[i].name, should[i].text, is[i].text};
        }
    }
    for (const BookedSession& theirs : found) {
        if (!find(expected, theirs.session.id))
            return Difference{name_of(theirs, account), "session", "none", summary_of(theirs)};
    }
    return std::nullopt;
}

}  // namespace proof
