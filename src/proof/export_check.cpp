#include "proof/export_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "calendar/zone.h"
#include "invoicing/document.h"
#include "lifecycle/fact_json.h"
#include "lifecycle/fold.h"
#include "platform/crypto.h"
#include "proof/charge_check.h"
#include "proof/exported_chains.h"
#include "proof/invoice_check.h"

namespace proof {
namespace {

using calendar::Instant;
using lifecycle::Session;
using metering::Owing;
using money::Decimal;

/// What one account runs under one name on one upstream.
struct Instance {
    std::string upstream;
    std::string model;
    friend auto operator<=>(const Instance&, const Instance&) = default;
};

calendar::Zone get_known_zone(const std::string& name) {
    const auto zone = calendar::find_zone(name);
    if (!zone) throw std::runtime_error("there is no time zone " + name + " on this machine");
    return *zone;
}

class Checking {
  public:
    Checking(const AccountExport& value, const std::vector<platform::PublicKey>& trusted)
        : value_(value),
          trusted_(trusted),
          zone_(get_known_zone(value.account.timezone)),
          chains_(value.account.id) {}

    ExportFindings run() {
        try {
            result_.difference = chains_.walk(value_.stretches);
            result_.facts = chains_.facts();
            result_.chains = chains_.chains();
            check_checkpoints();
            check_sessions();
            check_charges();
            check_invoices();
        } catch (const std::exception& error) {
            // A forger's numbers may be none that anything can be computed with.
            result_.difference =
                Difference{"the export", "values", "such as can be computed with", error.what()};
        }
        return std::move(result_);
    }

  private:
    bool differs() const { return result_.difference.has_value(); }
    void hold(const std::string& subject, const std::string& what, const std::string& expected,
              const std::string& found) {
        if (!differs() && expected != found)
            result_.difference = Difference{subject, what, expected, found};
    }

    /// That the chain passed there.
    void check_head(const std::string& subject, const std::string& gateway, const ChainHead& head) {
        if (differs()) return;
        result_.difference = chains_.find_wrong_head(subject, gateway, head);
        if (!differs()) result_.heads.push_back(subject + ": " + gateway + " " + describe(head));
    }

    // ---- checkpoints

    void check_checkpoints() {
        for (const SignedCheckpoint& checkpoint : value_.checkpoints) {
            if (differs()) return;
            result_.difference = check_signature(checkpoint, trusted_);
            const std::string subject = "checkpoint " + std::to_string(checkpoint.number);
            const auto read = parse_checkpoint(checkpoint.body);
            if (!read) hold(subject, "body", "a checkpoint", "something else");
            if (differs()) return;
            for (const NamedHead& named : read->heads) {
                if (named.account == value_.account.id.text() && chains_.is_told(named))
                    check_head(subject, named.gateway, named.head);
            }
            if (!differs()) ++result_.checkpoints;
        }
    }

    // ---- sessions

    void check_sessions() {
        std::map<Instance, std::vector<BookedSession>> booked;
        for (const BookedSession& session : value_.sessions) {
            hold("session " + session.session.id.text() + " of account " + value_.account.id.text(),
                 "times in the export", "1", kept_.insert(session.session.id).second ? "1" : "2");
            booked[{session.session.upstream.text(), session.session.model.text()}].push_back(
                session);
        }
        for (const ExportedStretch& stretch : value_.stretches) {
            for (const ExportedFact& fact : stretch.facts) {
                if (!fact.model.empty()) booked.try_emplace({fact.upstream, fact.model});
                note(fact);
            }
        }
        for (const ExportedFact& fact : value_.rules) {
            if (!differs()) require_rule(fact);
            note(fact);
        }
        for (const ExportedFact& fact : value_.early) note(fact);
        for (const auto& [instance, sessions] : booked) {
            if (differs()) return;
            const auto derived = derive(instance);
            if (differs()) return;
            result_.difference = compare_sessions(value_.account.id, derived, sessions);
            if (!differs()) result_.sessions += sessions.size();
        }
    }

    void note(const ExportedFact& fact) {
        if (fact.kind != "unreadable" && !fact.model.empty()) facts_[fact.model].push_back(&fact);
    }

    /// A load, say, that is in no chain would make a session of nothing.
    void require_rule(const ExportedFact& fact) {
        std::vector<lifecycle::RecordedFact> parsed;
        read(fact, parsed);
        if (differs()) return;
        const auto& body = parsed.front().fact.body;
        const bool is_rule = std::holds_alternative<lifecycle::CatalogueEntry>(body) ||
                             std::holds_alternative<lifecycle::ModelSet>(body);
        hold("rule " + std::to_string(fact.sequence) + " of gateway " + fact.gateway, "kind",
             "what is said of a model", is_rule ? "what is said of a model" : "another");
    }

    /// The sessions of the instance that the export should hold, by their facts.
    std::vector<BookedSession> derive(const Instance& instance) {
        std::vector<lifecycle::RecordedFact> facts;
        for (const ExportedFact* fact : facts_[instance.model]) {
            if (fact->upstream == instance.upstream || fact->upstream.empty()) read(*fact, facts);
        }
        std::vector<lifecycle::RecordedFact> guests;
        for (const ExportedFact& fact : value_.guests) {
            if (fact.upstream == instance.upstream && fact.model == instance.model)
                read(fact, guests);
        }
        if (differs()) return {};
        std::vector<lifecycle::Rival> rivals;
        for (const ExportedRival& rival : value_.rivals) {
            if (is_of(rival, instance)) rivals.push_back(rival.rival);
        }
        const calendar::Month month = calendar::parse_month(value_.month).value();
        std::vector<BookedSession> derived;
        for (Session& session : lifecycle::fold(lifecycle::UpstreamId(instance.upstream), facts,
                                                {.guests = guests, .rivals = rivals})) {
            if (!kept_.contains(session.id) &&
                !lived_between(session, zone_.start_of(month), zone_.start_of(month.next())))
                continue;
            if (is_of_another(session, instance)) continue;
            std::string plan = plan_in_force(session.loaded_at);
            derived.push_back({std::move(session), std::move(plan)});
        }
        return derived;
    }

    void read(const ExportedFact& fact, std::vector<lifecycle::RecordedFact>& facts) {
        try {
            facts.push_back({.gateway = lifecycle::GatewayId(fact.gateway),
                             .sequence = fact.sequence,
                             .fact = lifecycle::parse_fact(fact.body)});
        } catch (const std::invalid_argument& error) {
            hold("fact " + std::to_string(fact.sequence) + " of gateway " + fact.gateway, "body",
                 "a fact", error.what());
        }
    }

    static bool is_of(const ExportedRival& rival, const Instance& instance) {
        return rival.upstream.text() == instance.upstream && rival.model.text() == instance.model;
    }

    bool is_of_another(const Session& session, const Instance& instance) const {
        return session.created &&
               std::ranges::any_of(value_.rivals, [&](const ExportedRival& rival) {
                   return is_of(rival, instance) && rival.rival.created == session.created &&
                          is_theirs(rival.claim, lifecycle::claim_of(session), rival.lesser);
               });
    }

    /// The account's own assignments come before the defaults, the latest before earlier ones.
    std::string plan_in_force(Instant loaded_at) const {
        const ExportedAssignment* best = nullptr;
        const auto rank = [](const ExportedAssignment& one) {
            return std::tuple(!one.is_default, one.effective_from, one.revision);
        };
        for (const ExportedAssignment& one : value_.assignments) {
            if (one.effective_from <= loaded_at && (!best || rank(one) > rank(*best))) best = &one;
        }
        return best ? best->plan : "";
    }

    // ---- charges

    struct Charged {
        Owing sums;
        std::map<metering::Place, std::int64_t> revisions;
        std::optional<Instant> as_of;
    };

    void check_charges() {
        std::map<lifecycle::SessionId, Charged> charged;
        for (const ExportedCharge& charge : value_.charges) {
            add(charge, charged[charge.session]);
            if (charge.place.period == value_.month && charge.owed.amount)
                result_.amounts[charge.owed.currency] += *charge.owed.amount;
        }
        for (auto& [session, sums] : charged) forget_unpriced(sums.sums);
        for (const BookedSession& booked : value_.sessions) {
            if (differs()) return;
            const Charged found = charged[booked.session.id];
            charged.erase(booked.session.id);
            const Owing expected = owing(booked, found.as_of);
            if (differs()) return;
            result_.difference =
                compare_charges(value_.account.id, booked.session.id, expected, found.sums);
            if (!differs()) ++result_.charged_sessions;
        }
        for (const auto& [session, found] : charged) {
            for (const auto& [place, owed] : found.sums) {
                if (differs()) return;
                result_.difference =
                    check_charge_without_session(value_.account.id, session, place, owed.seconds,
                                                 owed.amount.value_or(Decimal()));
            }
        }
    }

    /// The sums of the rows; the highest revision says how it stands.
    static void add(const ExportedCharge& charge, Charged& charged) {
        metering::Owed& sum = charged.sums[charge.place];
        const metering::Owed& row = charge.owed;
        sum.seconds += row.seconds;
        sum.used += row.used;
        sum.rounding += row.rounding;
        sum.minimum += row.minimum;
        sum.spin_down += row.spin_down;
        if (row.gb_seconds) sum.gb_seconds = sum.gb_seconds.value_or(Decimal()) + *row.gb_seconds;
        if (row.amount) sum.amount = sum.amount.value_or(Decimal()) + *row.amount;
        if (charge.revision > charged.revisions[charge.place]) {
            charged.revisions[charge.place] = charge.revision;
            sum.currency = row.currency;
            sum.status = row.status;
            sum.estimated = row.estimated;
        }
        if (charge.as_of)
            charged.as_of = std::max(charged.as_of.value_or(*charge.as_of), *charge.as_of);
    }

    // Priced once and unpriced since: the sums are zero, and what is owed is not known.
    static void forget_unpriced(Owing& sums) {
        for (auto& [place, owed] : sums) {
            if (owed.status == "unpriced") owed.gb_seconds = owed.amount = std::nullopt;
        }
    }

    Owing owing(const BookedSession& booked, std::optional<Instant> as_of) {
        if (booked.plan.empty()) return {};
        const auto stored = std::ranges::find(value_.plans, booked.plan, &ExportedPlan::name);
        if (stored == value_.plans.end()) {
            hold("plan " + booked.plan, "document", "there", "none");
            return {};
        }
        const auto plan = metering::parse_plan(stored->document);
        if (const auto* refused = std::get_if<metering::PlanRefused>(&plan)) {
            hold("plan " + booked.plan, "document", "a plan", refused->why);
            return {};
        }
        return metering::owing_of(metering::to_facts(booked.session, value_.account.id.text()),
                                  std::get<metering::Plan>(plan), zone_, as_of);
    }

    // ---- invoices

    void check_invoices() {
        find_voided();
        std::set<std::string> numbers;
        for (const ExportedInvoice& stored : value_.invoices) {
            hold("invoice " + stored.number, "times in the export", "1",
                 numbers.insert(stored.number).second ? "1" : "2");
            if (differs()) return;
            try {
                check_invoice_of(stored);
            } catch (const std::exception& error) {
                result_.difference = Difference{"invoice " + stored.number, "document",
                                                "one that can be read", error.what()};
            }
            if (!differs()) ++result_.invoices;
        }
    }

    /// What is not read here is told when its turn comes.
    void find_voided() {
        for (const ExportedInvoice& stored : value_.invoices) {
            try {
                const auto invoice = invoicing::parse_invoice(stored.document);
                if (!invoice.voids.empty()) voided_.insert(invoice.voids);
            } catch (const std::exception&) {
                continue;
            }
        }
    }

    /// What takes another one back holds no charges itself.
    std::optional<Difference> check_contents(const invoicing::Invoice& invoice) const {
        if (invoice.voids.empty()) {
            const bool is_void = voided_.contains(*invoice.number);
            return check_invoice(
                invoice, is_void ? std::nullopt : std::optional(charged_on(*invoice.number)));
        }
        if (auto wrong = check_invoice(invoice, std::nullopt)) return wrong;
        const auto original =
            std::ranges::find(value_.invoices, invoice.voids, &ExportedInvoice::number);
        if (original == value_.invoices.end())
            return Difference{"invoice " + *invoice.number, "what it takes back", invoice.voids,
                              "none"};
        return check_credit_note(invoice, invoicing::parse_invoice(original->document));
    }

    Decimal charged_on(const std::string& number) const {
        Decimal charged;
        for (const ExportedCharge& charge : value_.charges) {
            if (charge.invoice == number && charge.owed.amount) charged += *charge.owed.amount;
        }
        return charged;
    }

    void check_invoice_of(const ExportedInvoice& stored) {
        const invoicing::Invoice invoice = invoicing::parse_invoice(stored.document);
        const std::string subject = "invoice " + stored.number;
        hold(subject, "number", stored.number, invoice.number.value_or("none"));
        hold(subject, "account", value_.account.id.text(), invoice.account_id.text());
        hold(subject, "month", value_.month, invoice.month);
        hold(subject, "currency", value_.account.currency, std::string(invoice.currency.code()));
        if (differs()) return;
        result_.difference = check_contents(invoice);
        for (const invoicing::ChainHead& head : invoice.chain_heads) {
            const auto hash = parse_hash(head.hash);
            if (!hash) hold(subject, "chain head", "64 hex digits", head.hash);
            if (hash)
                check_head(
                    subject, head.gateway,
                    {.hash = *hash, .count = head.facts, .last_sequence = head.last_sequence});
        }
        // What follows from the rest and is read by people alone: a price per million, say.
        if (to_json(invoice, invoicing::Layout::compact) != stored.document)
            hold(subject, "document", "written as an invoice is", "otherwise");
    }

    const AccountExport& value_;
    const std::vector<platform::PublicKey>& trusted_;
    const calendar::Zone zone_;
    ExportedChains chains_;
    std::map<std::string, std::vector<const ExportedFact*>> facts_;  // by model
    std::set<lifecycle::SessionId> kept_;                            // in the export
    std::set<std::string> voided_;                                   // invoices' numbers
    ExportFindings result_;
};

}  // namespace

ExportFindings check_export(const AccountExport& value,
                            const std::vector<platform::PublicKey>& trusted) {
    return Checking(value, trusted).run();
}

std::optional<Difference> check_seal(const ExportSeal& seal, std::string_view lines,
                                     const std::vector<platform::PublicKey>& trusted) {
    const std::string digest = platform::to_hex(platform::sha256(lines));
    const std::string key = platform::to_hex(seal.public_key);
    if (seal.digest != digest) return Difference{"the export", "digest", digest, seal.digest};
    if (!trusted.empty() && std::ranges::find(trusted, seal.public_key) == trusted.end())
        return Difference{"the export", "public key", platform::to_hex(trusted.front()), key};
    if (!platform::is_signed_by(signed_text(seal.digest), seal.signature, seal.public_key))
        return Difference{"the export", "signature", "one of its digest by " + key,
                          platform::to_hex(seal.signature)};
    return std::nullopt;
}

bool lived_between(const Session& session, Instant from, Instant until) {
    if (session.loaded_at >= until) return false;
    if (!session.end_reason) return true;
    const Instant guess =
        std::max(session.expires_at.value_or(session.loaded_at), session.loaded_at);
    return session.ended_at.value_or(guess) >= from;
}

}  // namespace proof
