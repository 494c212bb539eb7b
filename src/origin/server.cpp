#include "origin/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include <stdexcept>

#include "origin/http_handler.h"

namespace origin {
namespace {

Poco::Net::ServerSocket listen_on(const std::string& address) try {
    Poco::Net::ServerSocket socket;
    // Not reusePort, which bind sets along with it: a second origin must be refused.
    socket.bind(Poco::Net::SocketAddress(address), /*reuseAddress=*/true, /*reusePort=*/false);
    socket.listen(128);
    return socket;
} catch (const Poco::Exception& error) {
    throw std::runtime_error("origin.listen \"" + address + "\": " + error.displayText());
}

Poco::Net::HTTPServerParams::Ptr parameters(const Options& options) {
    Poco::Net::HTTPServerParams::Ptr parameters = new Poco::Net::HTTPServerParams;
    parameters->setMaxThreads(options.max_connections);
    parameters->setMaxQueued(options.max_connections);
    parameters->setTimeout(Poco::Timespan(60, 0));
    parameters->setKeepAliveTimeout(Poco::Timespan(75, 0));
    return parameters;
}

}  // namespace

struct Server::Parts {
    Parts(const calendar::Clock& clock, const Options& options)
        : keys(options.keys),
          socket(listen_on(options.listen)),
          service(clock, options),
          threads(2, options.max_connections),
          http(new HttpHandlerFactory(service, keys, options.max_body_bytes), threads, socket,
               parameters(options)) {}

    Keys keys;
    Poco::Net::ServerSocket socket;
    Service service;
    Poco::ThreadPool threads;
    Poco::Net::HTTPServer http;
};

Server::Server(const calendar::Clock& clock, const Options& options)
    : parts_(std::make_unique<Parts>(clock, options)),
      url_("http://" + parts_->socket.address().toString()) {
    parts_->http.start();
}

Server::~Server() {
    parts_->http.stopAll(/*abortCurrent=*/true);
    parts_->threads.joinAll();
}

}  // namespace origin
