// Every rendering of every kind of invoice: UBL valid by its schema and exact by the rules of EN
// 16931, and the same money in PDF, HTML, JSON, CSV and UBL.
#include "reports/invoice_corpus.h"

#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "invoicing/document.h"
#include "reports/invoice_csv.h"
#include "reports/invoice_page.h"
#include "reports/invoice_pdf.h"
#include "reports/invoice_ubl.h"
#include "support/temporary_directory.h"

namespace reports {
namespace {

using invoice_corpus::Named;
using testing::HasSubstr;

constexpr unsigned seed = 20261127;
const std::string checks = TOLLGATE_SOURCE "/tests/reports/";
const std::string schema = TOLLGATE_SOURCE "/../shared/standards/ubl-2.1/validate.xsd";

struct Outcome {
    int status = -1;
    std::string output = {};
};

Outcome run(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen");
    Outcome outcome;
    std::array<char, 4096> block;
    for (std::size_t count; (count = ::fread(block.data(), 1, block.size(), pipe)) > 0;) {
        outcome.output.append(block.data(), count);
    }
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    ASSERT_TRUE(file.flush()) << path;
}

calendar::Zone zone_of(const invoicing::Invoice& invoice) {
    return calendar::find_zone(invoice.timezone).value();
}

std::string ubl_of(const invoicing::Invoice& invoice) {
    const UblDocument document = invoice_ubl(invoice, zone_of(invoice));
    EXPECT_THAT(document.faults, testing::IsEmpty());
    return document.xml;
}

class InvoiceCorpus : public testing::Test {
  protected:
    std::string path(const std::string& name) { return folder_ / name.c_str(); }
    void write_ubl(int random) {
        for (const Named& each : invoice_corpus::make(seed, random)) {
            write(path(each.name + ".xml"), ubl_of(each.invoice));
        }
    }

    support::TemporaryDirectory folder_;
};

TEST_F(InvoiceCorpus, HasBothKindsOfDocumentsAndWhatTakesEachBack) {
    std::map<invoicing::DocumentKind, int> kinds;
    std::map<invoicing::DocumentKind, int> taking_back;
    for (const Named& each : invoice_corpus::make(seed, 60)) {
        ++(each.invoice.voids.empty() ? kinds : taking_back)[each.invoice.kind];
    }
    for (const auto& counts : {kinds, taking_back}) {
        EXPECT_GE(counts.at(invoicing::DocumentKind::invoice), 5);
        EXPECT_GE(counts.at(invoicing::DocumentKind::credit_note), 5);
    }
}

TEST_F(InvoiceCorpus, EveryUblDocumentIsValidByTheSchema) {
    if (!std::filesystem::exists(schema)) GTEST_SKIP() << "no schemas at " << schema;
    write_ubl(60);
    const Outcome outcome =
        run("xmllint --noout --nonet --schema '" + schema + "' " + path("") + "*.xml");
    EXPECT_EQ(outcome.status, 0) << outcome.output.substr(0, 4000);
    const std::string broken = ubl_of(invoice_corpus::make(seed, 0).front().invoice);
    write(path("broken"),
          std::string(broken).replace(broken.find("cbc:IssueDate"), 13, "cbc:IssueTime"));
    EXPECT_NE(run("xmllint --noout --nonet --schema '" + schema + "' " + path("broken")).status, 0);
}

TEST_F(InvoiceCorpus, EveryUblDocumentIsExactByTheRules) {
    write_ubl(300);
    const Outcome outcome = run("python3 -B " + checks + "en16931.py " + path("") + "*.xml");
    EXPECT_EQ(outcome.status, 0) << outcome.output.substr(0, 4000);
}

// What the checker must find when one thing in a right document is wrong.
struct Plant {
    const char* from;
    const char* to;
    const char* rule;
};

TEST_F(InvoiceCorpus, ADocumentWithOneThingWrongIsFound) {
    const std::string right = ubl_of(invoice_corpus::make(seed, 0).front().invoice);
    const Plant plants[] = {
        {"EUR\">60.30</cbc:LineExtensionAmount>", "EUR\">60.31</cbc:LineExtensionAmount>", "R120"},
        {"<cbc:LineExtensionAmount currencyID=\"EUR\">61.02<",
         "<cbc:LineExtensionAmount currencyID=\"EUR\">61.03<", "BR-CO-10"},
        {"<cbc:TaxExclusiveAmount currencyID=\"EUR\">61.02<",
         "<cbc:TaxExclusiveAmount currencyID=\"EUR\">61.03<", "BR-CO-13"},
        {"EUR\">72.61</cbc:TaxInclusiveAmount>", "EUR\">72.60</cbc:TaxInclusiveAmount>",
         "BR-CO-15"},
        {"EUR\">72.61</cbc:PayableAmount>", "EUR\">72.60</cbc:PayableAmount>", "BR-CO-16"},
        {"EUR\">72.61</cbc:PayableAmount>", "EUR\">72.610</cbc:PayableAmount>", "BR-DEC"},
        {"<cbc:TaxAmount currencyID=\"EUR\">11.59<", "<cbc:TaxAmount currencyID=\"EUR\">11.60<",
         "BR-CO-14"},
        {"<cbc:Percent>19<", "<cbc:Percent>7<", "BR-CO-17"},
        {"EUR\">61.02</cbc:TaxableAmount>", "EUR\">61.00</cbc:TaxableAmount>", "BR-S-08"},
        {"<cbc:ID>S<", "<cbc:ID>E<", "BR-CL-17"},
        {"unitCode=\"C62\"", "unitCode=\"GB\"", "BR-CL-23"},
        {"schemeID=\"9930\"", "schemeID=\"\"", "BR-62"},
        {"<cbc:IdentificationCode>DE<", "<cbc:IdentificationCode>UK<", "BR-CL-14"},
        {"<cbc:CompanyID>DE1", "<cbc:CompanyID>1", "BR-CO-09"},
        {"<cbc:StartDate>2026-10-01<", "<cbc:StartDate>2026-10-02<", "R110"},
        {"Berlin", " ", "R008"},
        {"BuyerReference", "AccountingCost", "R003"},
    };
    for (const Plant& plant : plants) {
        std::string wrong = right;
        std::size_t at = wrong.find(plant.from);
        ASSERT_NE(at, std::string::npos) << plant.from << "\n" << right;
        for (; at != std::string::npos; at = wrong.find(plant.from, at + 1)) {
            wrong.replace(at, std::string_view(plant.from).size(), plant.to);
            if (std::string_view(plant.from) != "BuyerReference") break;  // both of its tags
        }
        write(path("wrong.xml"), wrong);
        const Outcome outcome = run("python3 -B " + checks + "en16931.py " + path("wrong.xml"));
        EXPECT_EQ(outcome.status, 1) << plant.rule;
        EXPECT_THAT(outcome.output, HasSubstr(plant.rule)) << plant.from;
    }
}

std::string any_bytes(std::mt19937& random, std::size_t count) {
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(random());
    return bytes;
}

TEST_F(InvoiceCorpus, AUblDocumentIsWellFormedWhateverItsTextsAre) {
    std::mt19937 random(seed);
    for (int i = 0; i < 50; ++i) {
        invoicing::Invoice invoice = invoice_corpus::make(seed, 0).front().invoice;
        invoice.account = any_bytes(random, 40);
        invoice.customer.name = any_bytes(random, 300);
        invoice.customer.electronic_address = any_bytes(random, 20);
        invoice.customer.street = {any_bytes(random, 9), any_bytes(random, 9),
                                   any_bytes(random, 9)};
        invoice.lines.front().model =
            lifecycle::ModelName(any_bytes(random, i == 0 ? 2'000'000 : 9));
        invoice.lines.front().plan = any_bytes(random, 1);
        write(path(std::to_string(i) + ".xml"), ubl_of(invoice));
    }
    const Outcome outcome = run("python3 -B " + checks + "en16931.py " + path("") + "*.xml");
    EXPECT_EQ(outcome.status, 0) << outcome.output.substr(0, 4000);
    EXPECT_EQ(run("xmllint --huge --noout " + path("") + "*.xml").status, 0);
}

/// Every rendering of one invoice, by the ending of its file.
std::map<std::string, std::string> renderings_of(const invoicing::Invoice& invoice) {
    static PdfFonts fonts(default_font_families);
    const calendar::Zone zone = zone_of(invoice);
    return {{".json", to_json(invoice, invoicing::Layout::indented)},
            {".csv", invoice_csv(invoice)},
            {".html", invoice_page(invoice, show_in(zone), get_invoice_template(""))},
            {".pdf", invoice_pdf(invoice, zone, fonts)},
            {".xml", ubl_of(invoice)}};
}

TEST_F(InvoiceCorpus, AllRenderingsSayTheSameMoney) {
    const auto corpus = invoice_corpus::make(seed, 20);
    for (const auto& [name, invoice] : corpus) {
        for (const auto& [ending, bytes] : renderings_of(invoice))
            write(path(name + ending), bytes);
    }
    const Outcome outcome = run("python3 -B " + checks + "renderings.py " + path(""));
    EXPECT_EQ(outcome.status, 0) << outcome.output.substr(0, 4000);
    const std::string count = std::to_string(corpus.size()) + " documents, " +
                              std::to_string(5 * corpus.size()) + " renderings\n";
    EXPECT_THAT(outcome.output, HasSubstr(count));
}

TEST_F(InvoiceCorpus, ARenderingOfOtherMoneyIsFound) {
    const auto corpus = invoice_corpus::make(seed, 0);
    const auto right = renderings_of(corpus.at(0).invoice);
    const std::string check = "python3 -B " + checks + "renderings.py " + path("");
    for (const auto& [ending, bytes] : right) write(path("a" + ending), bytes);
    ASSERT_EQ(run(check).status, 0);
    // Another invoice's; and, of this one, a sign that is turned.
    for (const std::size_t other : {2u, 1u}) {
        for (const auto& [ending, bytes] : renderings_of(corpus.at(other).invoice)) {
            write(path("a" + ending), bytes);
            const Outcome outcome = run(check);
            EXPECT_EQ(outcome.status, 1) << ending;
            EXPECT_THAT(outcome.output, HasSubstr(ending == ".json" ? "a.csv" : "a" + ending));
            write(path("a" + ending), right.at(ending));
        }
    }
    for (const auto& [ending, bytes] : right) write(path("a-back" + ending), bytes);
    const Outcome doubled = run(check);
    EXPECT_EQ(doubled.status, 1);
    EXPECT_THAT(doubled.output, HasSubstr("a.pdf and what takes it back are not nothing"));
}

}  // namespace
}  // namespace reports
