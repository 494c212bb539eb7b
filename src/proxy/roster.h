// Owns the connections of one loop. A connection may end in the middle of a call into itself, so
// what has retired is destroyed only at the end of the pass.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace proxy {

/// `Member` has a public `std::size_t roster_index`.
template <class Member>
class Roster {
  public:
    Member& add(std::unique_ptr<Member> member) {
        member->roster_index = members_.size();
        members_.push_back(std::move(member));
        return *members_.back();
    }
    void retire(Member& member) {
        const std::size_t index = member.roster_index;
        retired_.push_back(std::move(members_[index]));
        if (index + 1 < members_.size()) {
            members_[index] = std::move(members_.back());
            members_[index]->roster_index = index;
        }
        members_.pop_back();
    }
    void bury() { retired_.clear(); }
    std::size_t size() const { return members_.size(); }
    /// `visit` may retire the member it is given.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::size_t i = members_.size(); i > 0; --i) visit(*members_[i - 1]);
    }

  private:
    std::vector<std::unique_ptr<Member>> members_;
    std::vector<std::unique_ptr<Member>> retired_;
};

}  // namespace proxy
