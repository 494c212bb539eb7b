#include "proxy/upstream_pool.h"

#include <algorithm>

namespace proxy {

UpstreamConnection& UpstreamPool::take(Exchange& exchange) {
    while (!idle_.empty()) {
        UpstreamConnection& connection = *idle_.back();
        if (connection.is_stale()) {
            connection.close();  // leaves idle_
            continue;
        }
        idle_.pop_back();
        connection.disarm();
        connection.assign(exchange, true);
        return connection;
    }
    return take_new(exchange);
}

UpstreamConnection& UpstreamPool::take_new(Exchange& exchange) {
    UpstreamConnection& connection = connections_.add(
        std::make_unique<UpstreamConnection>(services_, services_.upstream_address.next()));
    connection.assign(exchange, false);
    return connection;
}

void UpstreamPool::give_back(UpstreamConnection& connection) {
    if (idle_.size() >= services_.limits.idle_upstreams) {
        connection.close();
        return;
    }
    idle_.push_back(&connection);
}

void UpstreamPool::retire(UpstreamConnection& connection) {
    const auto found = std::find(idle_.rbegin(), idle_.rend(), &connection);
    if (found != idle_.rend()) idle_.erase(std::next(found).base());
    connections_.retire(connection);
}

void UpstreamPool::close_all() {
    connections_.for_each([](UpstreamConnection& connection) { connection.close(); });
}

}  // namespace proxy
