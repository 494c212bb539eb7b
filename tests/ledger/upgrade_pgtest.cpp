// Books of before months had sums and invoices held batches, with invoices, voids and charges that
// no invoice holds yet, made at random: after the upgrade each invoice holds what it held.
#include <random>

#include "ledger/migrations.h"
#include "support/postgres_fixture.h"

namespace ledger {
namespace {

using support::TestCluster;

constexpr int last_before_sums = 17;

/// Marks charges one by one, as was done then.
const char* const old_books = R"(
SET search_path = tollgate; SET session_replication_role = replica;
INSERT INTO plans (name, document) VALUES ('p', '{}');
INSERT INTO accounts (id, name, currency) SELECT 'a' || n, 'a' || n, 'USD' FROM generate_series(1, 3) n;
INSERT INTO sessions (account_id, id, upstream, model, key, concurrency, expiration_seconds,
    discovered, loaded_at, running_evidence, end_reason, ended_at, end_evidence, estimated, runs,
    adjusted, plan)
SELECT 'a' || (1 + n % 3), 's' || n, 'u', 'm' || n, 'k', 1, 60, false, '2026-08-01', '', 'deleted',
    '2026-10-01', '', false, n, false, 'p' FROM generate_series(1, 30) n;
DO $$
DECLARE
    who text; closed text; standing text; made text; counter integer := 0;
BEGIN
    FOR step IN 1..400 LOOP
        who := 'a' || (1 + floor(random() * 3));
        IF random() < 0.6 THEN
            INSERT INTO charges (account_id, session_id, period, revision, upstream, model, plan,
                currency, status, estimated, seconds, used_seconds, rounding_seconds,
                minimum_seconds, spin_down_seconds, gb_seconds, amount)
            SELECT s.account_id, s.id, p, coalesce((SELECT max(revision) FROM charges c WHERE
                (c.account_id, c.session_id, c.period) = (s.account_id, s.id, p)), 0) + 1, 'u',
                s.model, 'p', 'USD', 'rated', false, step, step, 0, 0, 0, step, step
            FROM sessions s, (SELECT '2026-0' || (7 + floor(random() * 3)) AS p) periods
            WHERE s.account_id = who ORDER BY random() LIMIT 1;
            UPDATE sessions SET runs = runs + 2 WHERE account_id = who AND random() < 0.2;
        ELSIF random() < 0.6 THEN
            closed := '2026-0' || (7 + floor(random() * 3));
            CONTINUE WHEN NOT EXISTS (SELECT FROM charges c LEFT JOIN standing_charges h USING
                (account_id, session_id, period, revision) WHERE c.account_id = who AND
                c.period <= closed AND h.number IS NULL);
            counter := counter + 1;
            made := 'TG-' || counter;
            INSERT INTO invoices VALUES (made, 'TG', 2026, counter, who, closed, 'UTC', 'USD',
                '2026-10-01'::timestamptz + counter * interval '1 s', 0, 0, repeat('0', 64), '{}');
            INSERT INTO invoice_charges (account_id, session_id, period, revision, number, runs)
            SELECT c.account_id, c.session_id, c.period, c.revision, made,
                CASE WHEN row_number() OVER (PARTITION BY c.session_id ORDER BY c.period, c.revision)
                          = 1
                     THEN s.runs - coalesce((SELECT sum(k.runs) FROM standing_charges k WHERE
                          k.account_id = c.account_id AND k.session_id = c.session_id), 0) ELSE 0 END
            FROM charges c LEFT JOIN standing_charges h USING (account_id, session_id, period, revision)
            JOIN sessions s ON s.account_id = c.account_id AND s.id = c.session_id
            WHERE c.account_id = who AND c.period <= closed AND h.number IS NULL;
        ELSE
            SELECT i.number INTO standing FROM invoices i WHERE account_id = who AND NOT EXISTS
                (SELECT FROM invoice_voids v WHERE i.number IN (v.number, v.credit_note))
                ORDER BY random() LIMIT 1;
            CONTINUE WHEN standing IS NULL;
            counter := counter + 1;
            INSERT INTO invoices VALUES ('TG-' || counter, 'TG', 2026, counter, who, '2026-09',
                'UTC', 'USD', '2026-10-01'::timestamptz + counter * interval '1 s', 0, 0, repeat('0', 64), '{}');
            INSERT INTO invoice_voids VALUES (standing, 'TG-' || counter, 'Ada', 'why');
            UPDATE invoice_charges h SET released_by = 'TG-' || counter WHERE h.number = standing;
        END IF;
    END LOOP;
END $$;
CREATE TABLE public.held AS SELECT * FROM invoice_charges;
CREATE TABLE public.shown AS SELECT account_id, session_id, sum(runs) AS runs FROM standing_charges
    GROUP BY 1, 2;
)";

TEST(Upgrade, KeepsWhatEachInvoiceHolds) {
    const std::string url = TestCluster::instance().make_database(false);
    const auto& all = embedded_migrations();
    migrate(url, {all.begin(), all.begin() + last_before_sums});
    const double seed = (std::random_device()() % 1'000) / 1'000.0;
    std::cout << "setseed(" << seed << ")\n";
    {
        pqxx::connection link(url);
        pqxx::work work(link);
        work.exec("SELECT setseed(" + std::to_string(seed) + ")");
        work.exec(old_books);
        work.commit();
    }
    migrate(url);
    pqxx::connection link(url);
    pqxx::work work(link);
    work.exec("SET search_path = tollgate, public");
    const auto count = [&](const std::string& rows) {
        return work.exec1("SELECT count(*) FROM (" + rows + ") wrong")[0].as<int>();
    };
    const std::string held =
        "SELECT account_id, session_id, period, revision, number, released_by FROM ";
    EXPECT_GT(count("SELECT FROM held WHERE released_by IS NOT NULL"), 0);
    EXPECT_EQ(count("(" + held + "held EXCEPT " + held + "invoice_charges) UNION ALL (" + held +
                    "invoice_charges EXCEPT " + held + "held)"),
              0);
    EXPECT_EQ(count("SELECT FROM charge_batches b WHERE is_open <> EXISTS (SELECT FROM charges c "
                    "WHERE c.account_id = b.account_id AND c.period = b.period AND NOT EXISTS "
                    "(SELECT FROM standing_charges s WHERE (s.account_id, s.session_id, s.period, "
                    "s.revision) = (c.account_id, c.session_id, c.period, c.revision)))"),
              0);
    EXPECT_EQ(count("SELECT FROM charges c LEFT JOIN charge_batches b USING (account_id, period) "
                    "WHERE b.batch IS NULL OR c.batch > b.batch"),
              0);
    EXPECT_EQ(count("SELECT FROM charges c JOIN charge_batches b USING (account_id, period, batch) "
                    "JOIN invoice_batches i USING (account_id, period, batch)"),
              0)
        << "the batch that new charges join is on no invoice";
    EXPECT_EQ(count("(SELECT * FROM month_sums EXCEPT SELECT * FROM recomputed_month_sums) UNION "
                    "ALL (SELECT * FROM recomputed_month_sums EXCEPT SELECT * FROM month_sums)"),
              0);
    // Runs that none has shown wait for the next one; but where a void has shown them twice.
    EXPECT_EQ(count("SELECT FROM (SELECT c.account_id, c.session_id, sum(c.runs) AS runs, "
                    "bool_or(c.batch = b.batch AND (c.period, c.revision) = (SELECT period, "
                    "revision FROM charges l WHERE l.account_id = c.account_id AND l.session_id = "
                    "c.session_id ORDER BY period DESC, revision DESC LIMIT 1)) AS is_open FROM "
                    "charges c JOIN charge_batches b USING (account_id, period) GROUP BY 1, 2) c "
                    "JOIN sessions s ON s.account_id = c.account_id AND s.id = c.session_id WHERE "
                    "(c.runs > s.runs OR (c.is_open AND c.runs <> s.runs)) AND NOT EXISTS (SELECT "
                    "FROM held h WHERE h.account_id = c.account_id AND h.session_id = "
                    "c.session_id AND h.released_by IS NOT NULL)"),
              0);
}

}  // namespace
}  // namespace ledger
