#include "bytez/route.h"

#include <gtest/gtest.h>

namespace bytez {
namespace {

TEST(Route, KnowsTheSevenCallsWithAndWithoutAQuery) {
    const struct {
        const char* method;
        const char* target;
        Call call;
    } rows[] = {
        {"GET", "/model/list", Call::list},
        {"GET", "/model/list?task=text-generation", Call::list},
        {"GET", "/model/instances", Call::instances},
        {"POST", "/model/job", Call::job},
        {"POST", "/model/load", Call::load},
        {"POST", "/model/status", Call::status},
        {"POST", "/model/run", Call::run},
        {"POST", "/model/run?", Call::run},
        {"POST", "/model/run?/model/../load", Call::run},
        {"POST", "/model/delete", Call::delete_instance},
    };
    for (const auto& row : rows) {
        const Route route = classify(row.method, row.target);
        EXPECT_EQ(route.kind, RouteKind::known) << row.target;
        EXPECT_EQ(route.call, row.call) << row.target;
    }
}

TEST(Route, CallsWhatALenientServerWouldReadAsACallANearMiss) {
    for (const char* target : {
             "/Model/Run",      "/model/RUN",      "/model/run/",      "/model/run//",
             "//model/run",     "/model//run",     "/./model/run",     "/model/./run",
             "/x/../model/run", "/model/x/../run", "/../model/run",    "/model/%72un",
             "/model/%2572un",  "/%6dodel/run",    "/model%2Frun",     "/model%2frun?x=1",
             "/model\\run",     "/model/run%20",   "/model/run;v=1",   "/model;a/run",
             "/model/run%3Fx",  "/model/run%23",   "/model/run.",      "/model/run%00",
             "/model/%2e/run",  "/model/load%2f",  "/MODEL/delete/?q", "model/run",
             "/model/run#x",    "/model/Status",   "/../v1/model/run", "/x/../..//a/b/Model/load",
         }) {
        EXPECT_EQ(classify("POST", target).kind, RouteKind::near_miss) << target;
        EXPECT_EQ(classify("GET", target).kind, RouteKind::near_miss) << target;
    }
}

TEST(Route, TellsAWrongMethodFromOptionsAndHead) {
    EXPECT_EQ(classify("GET", "/model/run").kind, RouteKind::wrong_method);
    EXPECT_EQ(classify("PUT", "/model/load").kind, RouteKind::wrong_method);
    EXPECT_EQ(classify("post", "/model/load").kind, RouteKind::wrong_method);
    EXPECT_EQ(classify("POST", "/model/list").kind, RouteKind::wrong_method);
    EXPECT_EQ(classify("PUT", "/model/load").call, Call::load);
    EXPECT_EQ(classify("OPTIONS", "/model/run").kind, RouteKind::other);
    EXPECT_EQ(classify("HEAD", "/model/list").kind, RouteKind::other);
}

TEST(Route, LeavesEverythingElseAlone) {
    for (const char* target :
         {"/", "", "*", "/model", "/model/", "/models/v2/openai/gpt2", "/model/runs",
          "/model/run/x", "/v1/model/run", "/model/ru", "/modelrun", "/model/list/../x", "/%zz",
          "/model/run%2Fx", "/x/../v1/model/run", "/../v1/model/runs"}) {
        EXPECT_EQ(classify("POST", target).kind, RouteKind::other) << target;
    }
}

TEST(Route, MetersLoadRunAndDelete) {
    for (const Call call : {Call::list, Call::job, Call::load, Call::status, Call::run,
                            Call::instances, Call::delete_instance}) {
        const bool bills = call == Call::load || call == Call::run || call == Call::delete_instance;
        EXPECT_EQ(is_metered(call), bills) << to_text(call);
        EXPECT_EQ(path_of(call), "/model/" + std::string(to_text(call)));
    }
}

}  // namespace
}  // namespace bytez
