#include "proxy/client_tls.h"

#include <sys/stat.h>

#include <exception>

#include "platform/log.h"

namespace proxy {
namespace {

constexpr std::int64_t look_interval_micros = 2'000'000;

}  // namespace

ClientTls::ClientTls(std::vector<CertificateFiles> certificates)
    : certificates_(std::move(certificates)),
      stamps_(read_stamps()),
      context_(TlsContext::for_clients(certificates_)) {}

ClientTls::Stamps ClientTls::read_stamps() const {
    Stamps stamps;
    for (const CertificateFiles& files : certificates_) {
        for (const std::string& path : {files.certificate, files.key}) {
            struct stat found {};
            const bool is_there = ::stat(path.c_str(), &found) == 0;
            const std::int64_t nanos =
                std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
            stamps.emplace_back(is_there ? nanos : -1, found.st_ino);
        }
    }
    return stamps;
}

std::shared_ptr<const TlsContext> ClientTls::current(std::int64_t now_micros) {
    const std::lock_guard lock(mutex_);
    if (now_micros >= next_look_micros_) {
        next_look_micros_ = now_micros + look_interval_micros;
        Stamps now = read_stamps();
        if (now != stamps_) {
            stamps_ = std::move(now);
            renew();
        }
    }
    return context_;
}

void ClientTls::renew() {
    try {
        context_ = TlsContext::for_clients(certificates_);
        platform::log(platform::Severity::info, "proxy", "the certificates were renewed");
    } catch (const std::exception& error) {
        platform::log(platform::Severity::error, "proxy", "the certificates stay as they were",
                      {{"why", error.what()}});
    }
}

}  // namespace proxy
