// One HTTP request of the model API: authorised, read, routed, answered. Includes Poco, so only
// .cpp files of this room include it.
#pragma once

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>

#include <string>

#include "origin/keys.h"
#include "origin/service.h"

namespace origin {

class HttpHandler : public Poco::Net::HTTPRequestHandler {
  public:
    HttpHandler(Service& service, const Keys& keys, std::size_t max_body_bytes)
        : service_(service), keys_(keys), max_body_bytes_(max_body_bytes) {}

    void handleRequest(Poco::Net::HTTPServerRequest& request,
                       Poco::Net::HTTPServerResponse& response) override;

  private:
    void answer(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response);
    void run(const std::string& body, Poco::Net::HTTPServerRequest& request,
             Poco::Net::HTTPServerResponse& response);
    bool is_authorised(const Poco::Net::HTTPServerRequest& request, const std::string& body) const;

    Service& service_;
    const Keys& keys_;
    const std::size_t max_body_bytes_;
};

class HttpHandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
  public:
    HttpHandlerFactory(Service& service, const Keys& keys, std::size_t max_body_bytes)
        : service_(service), keys_(keys), max_body_bytes_(max_body_bytes) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(
        const Poco::Net::HTTPServerRequest&) override {
        return new HttpHandler(service_, keys_, max_body_bytes_);
    }

  private:
    Service& service_;
    const Keys& keys_;
    const std::size_t max_body_bytes_;
};

}  // namespace origin
