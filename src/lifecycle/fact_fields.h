// The fields of each fact, in the order in which the canonical text has them: one list that the
// writer and the reader (fact_json.cpp) both walk, so that they cannot disagree. A new fact, or a
// new optional field at the end of one, is added here and in fact.h, nowhere else.
#pragma once

#include <string_view>
#include <type_traits>

#include "lifecycle/fact.h"

namespace lifecycle {

template <class T, class Kind>
concept FieldsOf = std::is_same_v<std::remove_const_t<T>, Kind>;

template <class Kind>
constexpr std::string_view kind_name = "";
template <>
inline constexpr std::string_view kind_name<GatewayStarted> = "gateway_started";
template <>
inline constexpr std::string_view kind_name<LoadRequested> = "load_requested";
template <>
inline constexpr std::string_view kind_name<LoadAnswered> = "load_answered";
template <>
inline constexpr std::string_view kind_name<RunArrived> = "run_arrived";
template <>
inline constexpr std::string_view kind_name<RunEnded> = "run_ended";
template <>
inline constexpr std::string_view kind_name<Runs> = "runs";
template <>
inline constexpr std::string_view kind_name<DeleteAnswered> = "delete_answered";
template <>
inline constexpr std::string_view kind_name<InstanceSeen> = "instance_seen";
template <>
inline constexpr std::string_view kind_name<InstanceAbsent> = "instance_absent";
template <>
inline constexpr std::string_view kind_name<CatalogueEntry> = "catalogue_entry";
template <>
inline constexpr std::string_view kind_name<ModelSet> = "model_set";

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<CallId> auto& call) {
    visit("boot", call.boot);
    visit("number", call.number);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<LoadOptions> auto& options) {
    visit("concurrency", options.concurrency);
    visit("expiration_seconds", options.expiration_seconds);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<GatewayStarted> auto& fact) {
    visit("version", fact.version);
    visit("upstream", fact.upstream);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<LoadRequested> auto& fact) {
    visit("call", fact.call);
    visit("key", fact.key);
    visit("model", fact.model);
    visit("options", fact.options);
    visit("gb", fact.gb);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<LoadAnswered> auto& fact) {
    visit("call", fact.call);
    visit("key", fact.key);
    visit("model", fact.model);
    visit("options", fact.options);
    visit("gb", fact.gb);
    visit("status", fact.status);
    visit("accepted", fact.accepted);
    visit("sent_at", fact.sent_at);
    visit("date", fact.date);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<RunArrived> auto& fact) {
    visit("call", fact.call);
    visit("key", fact.key);
    visit("model", fact.model);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<RunEnded> auto& fact) {
    visit("call", fact.call);
    visit("key", fact.key);
    visit("model", fact.model);
    visit("status", fact.status);
    visit("request_bytes", fact.request_bytes);
    visit("response_bytes", fact.response_bytes);
    visit("disconnected", fact.disconnected);
    visit("asked_at", fact.asked_at);
    visit("date", fact.date);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<Runs> auto& fact) {
    visit("key", fact.key);
    visit("model", fact.model);
    visit("minute", fact.minute);
    visit("arrived", fact.arrived);
    visit("accepted", fact.accepted);
    visit("refused", fact.refused);
    visit("disconnected", fact.disconnected);
    visit("request_bytes", fact.request_bytes);
    visit("response_bytes", fact.response_bytes);
    visit("first_arrival", fact.first_arrival);
    visit("last_arrival", fact.last_arrival);
    visit("last_accepted_end", fact.last_accepted_end);
    visit("asked_at", fact.asked_at);
    visit("answered_at", fact.answered_at);
    visit("date", fact.date);
    visit("last_accepted_arrival", fact.last_accepted_arrival);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<DeleteAnswered> auto& fact) {
    visit("call", fact.call);
    visit("key", fact.key);
    visit("model", fact.model);
    visit("status", fact.status);
    visit("sent_at", fact.sent_at);
    visit("date", fact.date);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<InstanceSeen> auto& fact) {
    visit("key", fact.key);
    visit("model", fact.model);
    visit("source", fact.source);
    visit("asked_at", fact.asked_at);
    visit("date", fact.date);
    visit("state", fact.state);
    visit("concurrency", fact.concurrency);
    visit("inferences", fact.inferences);
    visit("expiration_seconds", fact.expiration_seconds);
    visit("created", fact.created);
    visit("modified", fact.modified);
    visit("expires_at", fact.expires_at);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<InstanceAbsent> auto& fact) {
    visit("key", fact.key);
    visit("model", fact.model);
    visit("source", fact.source);
    visit("asked_at", fact.asked_at);
    visit("date", fact.date);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<CatalogueEntry> auto& fact) {
    visit("model", fact.model);
    visit("gb", fact.gb);
}

template <class Visitor>
void visit_fields(Visitor& visit, FieldsOf<ModelSet> auto& fact) {
    visit("model", fact.model);
    visit("gb", fact.gb);
    visit("author", fact.author);
}

}  // namespace lifecycle
