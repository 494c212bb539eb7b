#include "proxy/observation.h"

#include <zlib.h>

#include "bytez/answer.h"

namespace proxy {
namespace {

lifecycle::InstanceSeen seen_of(const bytez::InstanceReport& report) {
    lifecycle::InstanceSeen seen;
    seen.model = report.model;
    seen.state = report.status;
    seen.concurrency = report.concurrency;
    seen.inferences = report.inferences;
    seen.expiration_seconds = report.expiration_seconds;
    seen.created = report.created;
    seen.modified = report.modified;
    seen.expires_at = report.expires_at;
    return seen;
}

}  // namespace

std::optional<std::string> inflate(std::string_view compressed, std::size_t limit) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 32) != Z_OK) return {};  // either header
    std::string plain(std::min(limit, compressed.size() * 4 + 1024), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    int result = Z_OK;
    while (result == Z_OK) {
        if (stream.total_out == plain.size()) {
            if (plain.size() == limit) break;
            plain.resize(std::min(limit, plain.size() * 2));
        }
        stream.next_out = reinterpret_cast<Bytef*>(plain.data() + stream.total_out);
        stream.avail_out = static_cast<uInt>(plain.size() - stream.total_out);
        result = ::inflate(&stream, Z_NO_FLUSH);
    }
    plain.resize(stream.total_out);
    inflateEnd(&stream);
    if (result != Z_STREAM_END) return {};
    return plain;
}

void Observation::reset() {
    active_ = false;
    std::string().swap(copy_);
}

void Observation::begin(const AnswerHead& head) {
    status_ = head.status;
    const auto date = head.find("date");
    date_ = date ? bytez::parse_http_date(*date) : std::nullopt;
    const std::string_view encoding = head.find("content-encoding").value_or("identity");
    compressed_ = equal_names(encoding, "gzip") || equal_names(encoding, "x-gzip") ||
                  equal_names(encoding, "deflate");
    active_ = compressed_ || equal_names(encoding, "identity");
}

void Observation::add(std::string_view data) {
    if (!active_) return;
    if (copy_.size() + data.size() > services_.limits.observed_body_bytes) {
        reset();
        return;
    }
    copy_.append(data);
}

void Observation::finish(const CallMeter& meter) {
    if (!active_) return;
    std::optional<std::string> plain;
    if (compressed_) plain = inflate(copy_, services_.limits.observed_body_bytes);
    if (!compressed_ || plain) {
        const std::string_view body = plain ? *plain : copy_;
        if (meter.is(bytez::Call::status)) finish_status(meter, body);
        if (meter.is(bytez::Call::instances)) finish_instances(meter, body);
        if (meter.is(bytez::Call::list)) finish_list(body);
    }
    reset();
}

void Observation::finish_status(const CallMeter& meter, std::string_view body) {
    if (status_ == 404) {
        if (meter.is_foreign(meter.model())) return;
        services_.recorder.record(lifecycle::InstanceAbsent{
            meter.key(), meter.model(), lifecycle::Source::passing, meter.sent_at(), date_});
        return;
    }
    if (status_ / 100 != 2) return;
    const auto report = bytez::parse_status(body);
    // What another account's instance does is the business of that account's own calls.
    if (!report || meter.is_foreign(report->model)) return;
    lifecycle::InstanceSeen seen = seen_of(*report);
    seen.key = meter.key();
    seen.asked_at = meter.sent_at();
    seen.date = date_;
    services_.observer.on_seen(seen, meter.credential());
    services_.recorder.record(std::move(seen));
}

void Observation::finish_instances(const CallMeter& meter, std::string_view body) {
    const auto reports = status_ / 100 == 2 ? bytez::parse_instances(body) : std::nullopt;
    if (!reports) return;
    for (const bytez::InstanceReport& report : *reports) {
        if (meter.is_foreign(report.model)) continue;
        lifecycle::InstanceSeen seen = seen_of(report);
        seen.key = meter.key();
        seen.asked_at = meter.sent_at();
        seen.date = date_;
        services_.observer.on_seen(seen, meter.credential());
        services_.recorder.record(std::move(seen));
    }
}

void Observation::finish_list(std::string_view body) {
    const auto models = status_ / 100 == 2 ? bytez::parse_list(body) : std::nullopt;
    if (!models) return;
    for (const bytez::CatalogueModel& changed :
         services_.catalogue.learn(*models, services_.recorder.now())) {
        services_.recorder.record(lifecycle::CatalogueEntry{changed.name, changed.required_ram});
    }
}

}  // namespace proxy
